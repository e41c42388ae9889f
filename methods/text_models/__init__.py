"""Text models: BERT-like encoders of which the layers below the last are computed once a note and kept on disk.

`methods.words` is what text is read with where no such model is asked for.
"""
