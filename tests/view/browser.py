"""A headless Chromium driven over a pipe: opens pages, runs script in them, presses keys, takes pictures.

Needs nothing beyond Python's own library and the program `chromium`.
"""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time


def find_chromium():
    """The path of a Chromium, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self, width=1500, height=950, offline=False, dark=False):
        self.folder = tempfile.mkdtemp(prefix="floe-browser-")
        to_child, self.out = os.pipe()
        self.back, from_child = os.pipe()

        def plumb():
            # The browser reads commands from 3 and answers on 4.
            read, write = (fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in (to_child, from_child))
            os.dup2(read, 3)
            os.dup2(write, 4)

        command = [find_chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
                   "--no-first-run", "--disable-background-networking", f"--user-data-dir={self.folder}", f"--window-size={width},{height}",
                   "about:blank"]
        self.process = subprocess.Popen(command, preexec_fn=plumb, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.buffer = b""
        self.number = 0
        self.events = []
        target = self.call("Target.createTarget", {"url": "about:blank"}, session=None)["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True}, session=None)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        if dark:
            self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        if offline:
            self.call("Network.emulateNetworkConditions", {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.back)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, params=None, session="own", timeout=60):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": params or {}}
        if session == "own":
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.time() + timeout
        while time.time() < end:
            answer = self.read(end)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)
        raise RuntimeError(f"{method}: no answer in {timeout} s")

    def read(self, end):
        while b"\0" not in self.buffer:
            if time.time() > end:
                raise RuntimeError("the browser is silent")
            chunk = os.read(self.back, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser is gone")
            self.buffer += chunk
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def open(self, url, timeout=60):
        """Goes to the page and waits until it says that it is ready."""
        self.call("Page.navigate", {"url": "about:blank"})
        self.call("Page.navigate", {"url": url})
        self.wait("document.documentElement.dataset.ready === 'yes'", timeout)

    def run(self, script):
        """The value of an expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True})
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, condition, timeout=20):
        end = time.time() + timeout
        while time.time() < end:
            try:
                if self.run(condition):
                    return
            except RuntimeError:
                pass  # the page is being replaced
            time.sleep(0.05)
        raise RuntimeError(f"waited {timeout} s for: {condition}; the page says: {self.run('document.body && document.body.innerText.slice(0, 400)')}")

    def key(self, key):
        code = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39}.get(key)
        base = {"key": key, "windowsVirtualKeyCode": code or ord(key.upper()[0])}
        if code is None:
            base["text"] = key
        self.call("Input.dispatchKeyEvent", {"type": "keyDown", **base})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", "key": key})

    def type(self, text):
        self.call("Input.insertText", {"text": text})

    def click(self, x, y, count=1):
        for n in range(1, count + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": "left", "clickCount": n})

    def picture(self, path):
        data = self.call("Page.captureScreenshot", {"format": "png"})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def problems(self):
        """What the page threw or the console was told as an error."""
        out = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                out.append(details.get("exception", {}).get("description", details["text"]))
            if method == "Log.entryAdded" and params["entry"]["level"] == "error":
                out.append(params["entry"]["text"])
            if method == "Runtime.consoleAPICalled" and params["type"] == "error":
                out.append(str(params["args"]))
        return out

    def dialogs(self):
        return [event for event in self.events if event.get("method") == "Page.javascriptDialogOpening"]
