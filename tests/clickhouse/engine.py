"""ClickHouse's engine in this process (PyPI chdb-core): a session for each request, and its refusals as ClickHouse words them."""

import os
import re
import tempfile
import threading

from chdb.state.sqlitelike import Connection

CODE = re.compile(r"Code: (\d+)\.")
FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)


class Refusal(Exception):
    """What the engine, or the front in its place, refuses: a code of ClickHouse's and its whole text."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code

    @classmethod
    def named(cls, code, name, text):
        return cls(code, f"Code: {code}. DB::Exception: {text} ({name})")

    @classmethod
    def of_engine(cls, error):
        text = str(error)
        code = CODE.search(text)
        return cls(int(code.group(1)) if code else 1002, text)


def quoted(text):
    """A string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Session:
    """A connection with settings, parameters and a current database of its own. It runs one statement at a time."""

    def __init__(self, path):
        self._connection = Connection(path)
        self.lock = threading.Lock()

    def close(self):
        self._connection.close()

    def prepare(self, database, settings, parameters):
        """Applies what a request brings beside its statement. Each is a statement of its own, so that a refusal names the right one."""
        if database:
            self._run(f"USE `{database}`", "Null")
        for name, value in settings.items():
            if not re.fullmatch(r"\w+", name):
                raise Refusal.named(115, "UNKNOWN_SETTING", f"Unknown setting {name!r}")
            self._run(f"SET {name} = {quoted(value)}", "Null")
        for name, value in parameters.items():
            self._run(f"SET param_{name} = {quoted(value)}", "Null")

    def answer(self, statement, data, default_format):
        """Runs a statement, to which `data` belongs if it inserts; gives the result's octets and how many rows were read."""
        if self._connection._conn.classify_query(statement).get("statement_count", 1) > 1:
            raise Refusal.named(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)")
        if not data:
            return self._run(statement, default_format)
        named = FORMAT.search(statement)
        if not named:
            return self._run(statement.encode() + b"\n" + data, default_format)
        # Data that are part of a statement are cut by the engine in process when they are long, so they come from a file.
        with tempfile.NamedTemporaryFile(suffix=".body") as body:
            body.write(data)
            body.flush()
            reading = f"{statement[: named.start()]}FROM INFILE {quoted(body.name)} FORMAT {named.group(1)}"
            return self._run(reading, default_format)

    def _run(self, statement, default_format):
        try:
            result = self._connection._conn.query(statement, default_format)
        except RuntimeError as error:
            raise Refusal.of_engine(error) from None
        if result.has_error():
            raise Refusal.of_engine(result.error_message())
        return bytes(result.bytes() or b""), result.storage_rows_read()


class Engine:
    """The engine over one folder, and the sessions that requests name."""

    def __init__(self, path):
        os.makedirs(path, exist_ok=True)
        self._path = path
        self._first = Session(path)
        self.version = self._first.answer("SELECT version()", b"", "TabSeparated")[0].decode().strip()
        self._named = {}
        self._lock = threading.Lock()

    def answer(self, request):
        """Runs a request in the session that it names, or in one of its own."""
        if not request.session:
            session = Session(self._path)
            try:
                return self._in(session, request)
            finally:
                session.close()
        with self._lock:
            session = self._named.setdefault(request.session, None) or Session(self._path)
            self._named[request.session] = session
        if not session.lock.acquire(blocking=False):
            raise Refusal.named(373, "SESSION_IS_LOCKED", f"Session {request.session} is locked by a concurrent client")
        try:
            return self._in(session, request)
        finally:
            session.lock.release()

    @staticmethod
    def _in(session, request):
        session.prepare(request.database, request.settings, request.parameters)
        return session.answer(request.statement, request.data, request.default_format)
