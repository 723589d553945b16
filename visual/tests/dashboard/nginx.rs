//! The page in Chromium through nginx, as deploy/nginx.conf sets it up.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use oxberry_visual::Config;
use tempfile::TempDir;

use crate::access::{TOKEN, with_token};
use crate::cluster::{Controller, symbol};
use crate::run::{Dashboard, config};
use crate::webdriver::Browser;

const ENTER: &str = "\u{e007}";

/// nginx in front of a dashboard.
struct Nginx {
    child: Child,
    port: u16,
    /// What it says, which it must be able to.
    _log: BufReader<ChildStderr>,
    /// Its settings, certificate and whatever it writes.
    _folder: TempDir,
}

impl Nginx {
    fn start(dashboard: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name).display().to_string();
        let [certificate, key] = ["certificate.pem", "key.pem"].map(inside);
        make_certificate(&certificate, &key);
        let port = free_port();
        let site = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/nginx.conf");
        let site = fs::read_to_string(site).unwrap();
        // On this machine only, and without the server that sends others to it.
        let (site, _) = site.split_once("server {\n    listen 80;").unwrap();
        let mut replaced = site.to_owned();
        for (part, instead) in [
            ("listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
            ("listen [::]:443 ssl;", String::new()),
            ("/etc/ssl/certs/oxberry.example.pem", certificate),
            ("/etc/ssl/private/oxberry.example.key", key),
            ("http://127.0.0.1:8080", format!("http://{dashboard}")),
        ] {
            assert!(replaced.contains(part), "{part}");
            replaced = replaced.replace(part, &instead);
        }
        let settings = folder.path().join("nginx.conf");
        fs::write(&settings, whole(folder.path(), &replaced)).unwrap();
        let mut child = Command::new("/usr/sbin/nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&settings)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nginx is installed: apt-get install nginx-light openssl");
        let mut log = BufReader::new(child.stderr.take().unwrap());
        // It says so when it listens.
        let mut said = log.by_ref().lines().map_while(Result::ok);
        assert!(said.any(|line| line.contains("event method")));
        Self {
            child,
            port,
            _log: log,
            _folder: folder,
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What nginx needs around a site to run from a folder, as one process in the foreground.
fn whole(folder: &Path, site: &str) -> String {
    let folder = folder.display();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {folder}/{name};\n"))
        .concat();
    format!(
        "daemon off;\nerror_log stderr notice;\nmaster_process off;\npid {folder}/pid;\nevents {{}}\n\
         http {{\n    access_log off;\n{paths}{site}}}\n"
    )
}

fn make_certificate(certificate: &str, key: &str) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=oxberry.example"])
        .args(["-out", certificate, "-keyout", key])
        .output()
        .expect("openssl is installed: apt-get install openssl");
    assert!(made.status.success(), "{made:?}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
#[ignore = "needs chromium, chromedriver, nginx and openssl; .ci/run has a step for it"]
fn behind_nginx_a_browser_logs_in_over_tls_and_sees_the_page() {
    let mut controller = Controller::start();
    let dashboard = Dashboard::start(Config {
        http_hosts: vec!["oxberry.example".parse().unwrap()],
        ..with_token(config(controller.endpoint))
    });
    controller.answer(1, &[symbol(7, "MSFT")]);
    let nginx = Nginx::start(dashboard.address);
    let browser = Browser::open_with(
        &[
            "--host-resolver-rules=MAP oxberry.example 127.0.0.1",
            "--ignore-certificate-errors",
        ],
        &format!("https://oxberry.example:{}/", nginx.port),
    );
    browser.until("location.pathname === '/login'");
    browser.press(&format!("{TOKEN}{ENTER}"));
    browser.until("document.body.dataset.link === 'live'");
    assert_eq!(browser.value("document.cookie"), "", "no script has it");
    assert_eq!(browser.console_errors(), [serde_json::Value::Null; 0]);
    browser.value("void document.querySelector('#logout button').click()");
    browser.until("location.pathname === '/login'");
    dashboard.stop();
}
