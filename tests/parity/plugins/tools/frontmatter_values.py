"""
title:   blanks around are cut   
title: the last one wins
empty:
colons: https://example.com:8080/a: b
quoted: "the quotes stay"
number: 3
tight:none
hash: a # b
"""


class Tools:
    pass
