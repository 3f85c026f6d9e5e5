"""A stand-in for a service that acknowledges before the commit. It sits between the real service and PostgreSQL, on the wire,
and tells the service that its transaction is committed as soon as the rows are there; the Sync that commits it reaches
PostgreSQL a moment later, or never, if the service is killed in that moment. So nothing in the service is made for the test,
and what goes wrong is what would go wrong.

The protocol is https://www.postgresql.org/docs/15/protocol-message-formats.html: a type byte, then a length. A pipeline of the
service is Bind, Describe, Execute for each statement, then Sync; ReadyForQuery answers the Sync, after the commit."""
import select
import socket
import struct
import threading
import time

FLUSH = b"H" + struct.pack("!i", 4)
SYNC = b"S" + struct.pack("!i", 4)
READY = b"Z" + struct.pack("!ic", 5, b"I")


class Messages:
    """Cuts a stream into messages. The first of a client has no type."""

    def __init__(self, typed):
        self.typed, self.rest = typed, b""

    def feed(self, data):
        self.rest += data
        while len(self.rest) >= (5 if self.typed else 4):
            start = 1 if self.typed else 0
            end = start + struct.unpack_from("!i", self.rest, start)[0]
            if len(self.rest) < end:
                return
            message, self.rest = self.rest[:end], self.rest[end:]
            yield message[:1] if self.typed else b"", message
            self.typed = True


class Conversation:
    """One connection of the service."""

    def __init__(self, service, database, owner):
        self.service, self.database, self.owner = service, database, owner
        self.asks, self.answers = Messages(typed=False), Messages(typed=True)
        self.executes = self.completed = 0
        self.is_hasty = False       # the Sync is kept back
        self.promise = b""          # the status that the rows say, of what is not committed
        self.sync_at = None         # when it will be sent; the service has been told that it was
        self.swallow = 0            # real ReadyForQuery messages that the service has had already
        self.queue = []             # messages of the service that wait for the Sync

    def run(self):
        with self.service, self.database:
            try:
                while self._turn():
                    pass
            except OSError:
                pass  # one of the two has gone: the other end is closed, and what was not committed never is

    def _turn(self):
        patience = None if self.sync_at is None else max(0, self.sync_at - time.monotonic())
        readable, _, _ = select.select([self.service, self.database], [], [], patience)
        if self.service in readable:
            data = self.service.recv(65536)
            if not data:
                return False
            for kind, message in self.asks.feed(data):
                self._from_service(kind, message)
        if self.database in readable:
            data = self.database.recv(65536)
            if not data:
                return False
            for kind, message in self.answers.feed(data):
                self._from_database(kind, message)
        if self.sync_at is not None and time.monotonic() >= self.sync_at:
            self._commit()
        return True

    def _from_service(self, kind, message):
        if self.is_hasty:
            self.queue.append((kind, message))
            return
        self.executes += kind == b"E"
        # A pipeline of two statements is the guard and its query; the others write nothing that anybody was promised.
        if kind == b"S" and self.owner.delay is not None and self.executes > 1:
            self.is_hasty = True
            message = FLUSH
        elif kind == b"S":
            self.executes = 0
        self.database.sendall(message)

    def _from_database(self, kind, message):
        if kind == b"Z" and self.swallow:
            self.swallow -= 1
            return
        self.service.sendall(message)
        if not self.is_hasty or self.sync_at is not None:
            return
        self.completed += kind in (b"C", b"I", b"s")
        if kind == b"D":
            size = struct.unpack_from("!i", message, 7)[0]  # of the first column
            self.promise = message[11:11 + max(0, size)]
        if kind == b"E" or self.completed == self.executes and not self.promise.startswith(b"20"):
            self._sync()  # it failed or was refused: there is nothing to promise
        elif self.completed == self.executes:
            self.service.sendall(READY)
            self.swallow += 1
            self.sync_at = time.monotonic() + (self.owner.delay or 0)
            if self.promise == b"201":
                self.owner.promised.set()

    def _commit(self):
        self._sync()
        queue, self.queue = self.queue, []
        for kind, message in queue:
            self._from_service(kind, message)

    def _sync(self):
        self.database.sendall(SYNC)
        self.is_hasty, self.sync_at, self.executes, self.completed, self.promise = False, None, 0, 0, b""


class Hasty:
    """Listens in `folder` for what the service takes for its database; a context. `delay` is how many seconds pass between the
    acknowledgement and the commit; None, as it begins: honest. `promised` is set when a booking has been acknowledged so."""

    def __init__(self, folder, database):
        self.folder, self.delay, self.promised = folder, None, threading.Event()
        self.target = f"{database.server.socket}/.s.PGSQL.5432"
        self.url = f"host={folder} dbname={database.name} user=clinicd_service"

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{self.folder}/.s.PGSQL.5432")
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                service, _ = self.listener.accept()
            except OSError:
                return
            database = socket.socket(socket.AF_UNIX)
            try:
                database.connect(self.target)
            except OSError:
                service.close()
                continue
            threading.Thread(target=Conversation(service, database, self).run, daemon=True).start()
