"""The book: chapters are executed by papermill, shown by Jupyter Book."""
