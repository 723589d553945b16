//! As much of the WebDriver protocol as the tests need, over plain HTTP.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything takes here, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a script looks at a page in one go. One whose page is left meanwhile is never heard of again.
const LOOK: Duration = Duration::from_secs(1);

/// Chromium with one page open.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// Its profile, fresh.
    _profile: TempDir,
}

/// How the page is looked at.
pub(crate) struct View {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) is_phone: bool,
    pub(crate) is_dark: bool,
}

pub(crate) const DESKTOP: View = View {
    width: 1440,
    height: 900,
    is_phone: false,
    is_dark: true,
};

/// The key, as WebDriver writes it.
pub(crate) const ESCAPE: &str = "\u{e00c}";

/// Starts chromedriver and hears its port, unless it ends without saying one.
fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("chromedriver is installed: apt-get install chromium chromium-driver");
    let said = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = said.map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    if port.is_none() {
        driver.wait().unwrap();
    }
    Some((driver, port?))
}

impl Browser {
    /// Starts Chromium and opens a page.
    pub(crate) fn open(url: &str) -> Self {
        Self::open_with(&[], url)
    }

    /// Starts Chromium with more arguments, and opens a page.
    pub(crate) fn open_with(more: &[&str], url: &str) -> Self {
        // It chooses a port that is free by IPv4 and may find that taken by IPv6, then it ends.
        let started = (0..10).find_map(|_| start_driver());
        let (driver, port) = started.expect("chromedriver says its port");
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let profile_argument = format!("--user-data-dir={}", profile.path().display());
        let arguments: Vec<_> = arguments
            .into_iter()
            .chain([profile_argument.as_str()])
            .chain(more.iter().copied())
            .collect();
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            _profile: profile,
        };
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": 5_000 * LOOK.as_secs()},
        }}});
        let session = browser.call("POST", "/session", &capabilities);
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        browser.look(&DESKTOP);
        browser.post("/url", &json!({ "url": url }));
        browser
    }

    pub(crate) fn look(&self, view: &View) {
        let metrics = json!({
            "width": view.width,
            "height": view.height,
            "deviceScaleFactor": 1,
            "mobile": view.is_phone,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if view.is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// The value of a JavaScript expression.
    pub(crate) fn value(&self, expression: &str) -> Value {
        let script = json!({"script": format!("return {expression};"), "args": []});
        self.post("/execute/sync", &script)
    }

    /// The text of an element.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector('{selector}').textContent"));
        text.as_str().unwrap().to_owned()
    }

    /// Waits until a JavaScript expression is true, on this page or one that comes after it; the page looks,
    /// many times a second.
    pub(crate) fn until(&self, expression: &str) {
        let script = format!(
            "const [done] = arguments, end = performance.now() + {};
             const look = async () => {{
                 if (await ({expression})) done(true);
                 else if (performance.now() > end) done(document.body.innerText);
                 else setTimeout(look, 20);
             }};
             look();",
            LOOK.as_millis()
        );
        let script = json!({"script": script, "args": []});
        let path = format!("{}/execute/async", self.session);
        let mut last = Value::Null;
        for _ in 0..PATIENCE.as_secs() / LOOK.as_secs() {
            let (_, mut answer) = self.exchange("POST", &path, &script).unwrap();
            last = answer["value"].take();
            if last == true {
                return;
            }
            // What is thrown by the expression is its fault, what ends with the page is not.
            let may_come = match last["error"].as_str() {
                None | Some("script timeout") => true,
                Some(_) => last["message"].to_string().contains("unloaded"),
            };
            assert!(may_come, "{expression}: {last}");
        }
        panic!("{expression}: {last}");
    }

    /// Presses keys one after another.
    pub(crate) fn press(&self, keys: &str) {
        let strokes: Vec<_> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// What the console said that is worse than a warning.
    pub(crate) fn console_errors(&self) -> Vec<Value> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().unwrap().iter();
        entries
            .filter(|entry| entry["level"] == "SEVERE")
            .cloned()
            .collect()
    }

    /// Keeps a picture for people, in `target/screenshots` or the folder that `OXBERRY_SCREENSHOTS` names.
    pub(crate) fn screenshot(&self, name: &str) {
        let usual = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        let folder = std::env::var_os("OXBERRY_SCREENSHOTS").map_or_else(usual, PathBuf::from);
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.call("GET", &format!("{}/screenshot", self.session), &Value::Null);
        let file = folder.join(format!("{name}.png"));
        std::fs::write(file, base64(picture.as_str().unwrap())).unwrap();
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        self.post(
            "/goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        );
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, mut answer) = self.exchange(method, path, body).unwrap();
        assert!(
            status.starts_with("HTTP/1.1 200"),
            "{method} {path}: {answer}"
        );
        answer["value"].take()
    }

    /// Status line and JSON of the answer. The driver keeps the connection, so its length counts.
    fn exchange(&self, method: &str, path: &str, body: &Value) -> io::Result<(String, Value)> {
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", self.port))?);
        stream.get_ref().set_read_timeout(Some(2 * PATIENCE))?;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all((head + &body).as_bytes())?;
        let mut status = String::new();
        stream.read_line(&mut status)?;
        let mut length = 0;
        let mut line = String::new();
        while stream.read_line(&mut line)? > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer)?;
        Ok((status, serde_json::from_slice(&answer)?))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser, also after a failure of the test.
        let _ = self.exchange("DELETE", &self.session, &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The bytes of a base64 text.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for character in text.bytes() {
        let Some(digit) = DIGITS.iter().position(|digit| *digit == character) else {
            continue;
        };
        bits = bits << 6 | u32::try_from(digit).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}
