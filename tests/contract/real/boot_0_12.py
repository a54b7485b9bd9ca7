"""Boot the real Open WebUI 0.12 without its heavy packages: `python boot_0_12.py PORT DATA_DIR`.

The server has a slim mode of its own; only the vector database is exchanged, before the application is imported. The
server also has worker processes, which import this file anew under another name: then it must do nothing.
"""


def main() -> None:
    """Set the server up, import it, and serve it."""
    import slim

    port, data_dir = slim.read_arguments()
    slim.write_settings(port, data_dir, USE_SLIM_DOCKER="true", ENABLE_PIP_INSTALL_FRONTMATTER_REQUIREMENTS="False")

    import open_webui.retrieval.vector.factory as vector_factory

    vector_factory.VECTOR_DB_CLIENT = slim.make_vector_store_class()()

    from open_webui.main import app  # the vector database must be exchanged before

    slim.run(app, port)


if __name__ == "__main__":
    main()
