"""How others bring the same batch into the same history, each as its documentation recommends.

Every module has `prepare(data, folder)`, which loads the first rows and is not measured, and
`take(data, folder)`, which brings the batch in and is.
"""
