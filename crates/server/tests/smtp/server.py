"""A mail server for tests, of Debian's python3-aiosmtpd: server.py FOLDER PORT [CERTIFICATE KEY]

Keeps what it receives as Maildir and prints the port that it listens on. With a certificate it takes nothing before STARTTLS.
A mail for refused@... is refused for good, with a text that repeats the address as real servers do.
"""
import asyncio
import ssl
import sys

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.handlers import Mailbox


class Keeping(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return f"550 5.1.1 <{address}> is not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"


folder, port, *tls = sys.argv[1:]
extra = {}
if tls:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*tls)
    extra = {"tls_context": context, "require_starttls": True}
loop = asyncio.new_event_loop()
controller = UnthreadedController(Keeping(folder), hostname="127.0.0.1", port=int(port), loop=loop, **extra)
controller.begin()
print(controller.server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
