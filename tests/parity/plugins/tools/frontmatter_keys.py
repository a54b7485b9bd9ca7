"""
  indented: yes
key2: no, it has a digit
a-b: no, it has a dash
license : no, there is a blank before the colon
snake_case: yes
Title: of one case
title: of another
_: yes
: no
no colon at all
"""


class Tools:
    pass
