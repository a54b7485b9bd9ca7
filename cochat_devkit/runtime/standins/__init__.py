"""Stand-ins for the server's own package: what a plugin imports from `open_webui` where no server is installed.

Which modules and names there are, and what each is, say the facts of the version that is played; what is not there
fails as it does on the server. A few modules keep people, chats, files and the like in memory; whatever else is only
named can be imported, and refuses loudly when it is used.
"""
