"""What people do, one public function each: permit, apply the rule, change, record in the log.

A service takes a `Work` and plain values, and returns frozen values: never a mapped object, a request or a sentence.
"""
