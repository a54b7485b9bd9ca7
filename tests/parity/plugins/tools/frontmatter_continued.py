"""
title: Long
description: the first line
    and this one is dropped
    nested: but this is a key
requirements_list:
  - not
  - a list
folded: >
  not folded
"""


class Tools:
    pass
