"""A server of live video that can be killed: ``feed_server.py http|rtsp PORT FOLDER|CLIP``.

http: the JPEG pictures of a folder, over and over, as a camera sends them; only the standard
library. rtsp: a bare H.264 stream, over and over, by GStreamer's server, for which it needs the
interpreter that Debian's packages python3-gi and gir1.2-gst-rtsp-server-1.0 belong to. Says
"ready" when it listens. The user is anna, her password secret, at /locked only.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FPS = 25
WORDS = b"no video, just some words\n" * 200
SECRET = "Basic YW5uYTpzZWNyZXQ="


def http(port: int, folder: Path) -> None:
    pictures = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            locked = self.path == "/locked" and self.headers.get("Authorization") != SECRET
            status = {"/road": 200, "/locked": 401 if locked else 200, "/words": 200}
            self.send_response(status.get(self.path, 404))
            kind = "multipart/x-mixed-replace; boundary=frame"
            self.send_header("Content-Type", "text/plain" if self.path == "/words" else kind)
            if locked:
                self.send_header("WWW-Authenticate", 'Basic realm="road"')
            if self.path == "/words":
                self.send_header("Content-Length", str(len(WORDS)))
            self.end_headers()
            with suppress(ConnectionError):
                if self.path == "/words":
                    self.wfile.write(WORDS)
                elif status.get(self.path) == 200:
                    self.film()

        def film(self) -> None:
            began, number = time.monotonic(), 0
            while True:
                picture = pictures[number % len(pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}"
                self.wfile.write(head.encode() + b"\r\n\r\n" + picture + b"\r\n")
                number += 1
                time.sleep(max(0.0, began + number / FPS - time.monotonic()))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Camera) as server:
        print("ready", flush=True)
        server.serve_forever()


def rtsp(port: int, clip: Path) -> None:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    film = (
        f"multifilesrc location={clip} loop=true ! h264parse ! identity sync=true ! "
        "rtph264pay name=pay0 config-interval=1"
    )
    foreign = "videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! rtpgstpay name=pay0"
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    server.set_auth(_only_anna(GstRtspServer))
    for path, launch, roles in (
        ("/road", film, ("anonymous", "anna")),
        ("/locked", film, ("anna",)),
        ("/foreign", foreign, ("anonymous", "anna")),
    ):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {launch} )")
        permissions = GstRtspServer.RTSPPermissions()
        for role in ("anonymous", "anna"):
            # Who may not even access it is told that there is nothing.
            permissions.add_permission_for_role(role, "media.factory.access", True)
            permissions.add_permission_for_role(role, "media.factory.construct", role in roles)
        factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


def _only_anna(library):
    auth = library.RTSPAuth()
    for role, add in (("anonymous", auth.set_default_token), ("anna", None)):
        token = library.RTSPToken()
        token.set_string("media.factory.role", role)
        if add is not None:
            add(token)
        else:
            basic = library.RTSPAuth.make_basic("anna", "secret")
            auth.add_basic(basic, token)
    return auth


if __name__ == "__main__":
    {"http": http, "rtsp": rtsp}[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
