"""The rules of recording hate crime, as pure functions over frozen values.

Nothing here reads a clock, a database, a request or a language; the only files read are the package's own data
(the code book, the countries, the submission profiles), once, when they are first asked for.
"""
