"""Proof against the real client: a stand-in of the Messages API on loopback, and a runner that lays a session into a
private home and resumes it there.

The one part of the library that may use threads and processes. Nothing else in it imports it. It reads the API's
rules by itself (`proof.api`) and shares no code with `unbrick.api`: a reading that proves another must not be the same.
"""
