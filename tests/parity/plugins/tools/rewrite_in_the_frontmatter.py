"""
title: T
description: from utils to from config
"""
class Tools: ...
