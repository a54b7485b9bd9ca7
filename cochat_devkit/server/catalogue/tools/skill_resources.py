"""
title: Skill Resources
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] List and read the files of a skill.
note: sample data of the local server, not the source that CoChat runs
"""

RESOURCES = {
    "seo-audit": {"SKILL.md": "# SEO Audit\n\nLook at the title first.\n", "checklist.md": "- title\n- description\n"},
    "brainstorming": {"SKILL.md": "# Brainstorming\n\nAsk one question at a time.\n"},
}


class Tools:
    def list_skill_resources(self, skill: str) -> list[str]:
        """
        List the files of a skill.
        :param skill: The skill's id.
        """
        return list(RESOURCES.get(skill, {}))

    def read_skill_resource(self, skill: str, path: str) -> str:
        """
        Read one file of a skill.
        :param skill: The skill's id.
        :param path: The file, as it is listed.
        """
        return RESOURCES.get(skill, {}).get(path, f"[sample] {skill} has no file {path}")
