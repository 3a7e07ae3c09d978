"""Documents made from frozen facts: the submission's files, the PDF report and the charts of page and report.

Nothing here reads the database, the clock or a request. Whatever is built twice from the same facts is the
same to the byte, so a recipient can tell by a checksum whether two files are one.
"""
