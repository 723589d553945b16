//! The files that cloud-init of Raspberry Pi OS reads from the boot partition at the first start.
//!
//! `user-data` is a cloud-config, YAML of which every string is written as JSON writes it, and every
//! file as a block; `network-config` is netplan's version 2.

use std::net::Ipv4Addr;

use oxberry_net::quoted;

use super::KEYS;

/// Where the boot partition is once the Pi runs.
const BOOT: &str = "/boot/firmware";

/// What a Pi is to become.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its name in the cluster, and the host's.
    pub(super) name: String,
    /// Its address with the length of the network's prefix, such as `192.0.2.11/24`; `None` asks DHCP.
    pub(super) address: Option<String>,
    /// The router, which answers names too.
    pub(super) gateway: Option<Ipv4Addr>,
    /// Where its package comes from.
    pub(super) repository: Repository,
    /// `pi.toml`.
    pub(super) settings: String,
    /// `keys/secret`.
    pub(super) secret: String,
    /// `keys/allowed`.
    pub(super) allowed: String,
    /// A line of `authorized_keys`, for a person to come in by.
    pub(super) ssh_key: Option<String>,
    /// When this was written, in seconds of Unix time.
    pub(super) written: u64,
}

/// An apt repository.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    /// Its address, as a line of `sources.list` has it.
    pub(super) address: String,
    /// Who signs it, as `gpg --armor --export` writes it; `None` trusts whatever is there.
    pub(super) key: Option<String>,
}

/// A file that a Pi gets.
struct Written<'a> {
    path: String,
    owner: &'a str,
    mode: &'a str,
    content: &'a str,
}

impl Member {
    /// `user-data`: the package, its settings and keys.
    pub(super) fn user_data(&self) -> String {
        let name = quoted(&self.name);
        let ssh = self.ssh_key.as_ref().map(|key| {
            let key = quoted(key);
            format!(
                "users:\n  - name: admin\n    groups: [adm, sudo]\n    shell: /bin/bash\n    \
                 sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n    lock_passwd: true\n    \
                 ssh_authorized_keys:\n      - {key}\n"
            )
        });
        let files = self.files().map(|file| file.text()).concat();
        format!(
            "#cloud-config\nhostname: {name}\nmanage_etc_hosts: true\nbootcmd:\n  \
             # A Pi has no clock of its own, and apt trusts no signature of the future.\n  \
             - [sh, -c, {}]\n{}{}package_update: true\npackages:\n  - oxberry-pi\n\
             write_files:\n{files}runcmd:\n{}",
            quoted(set_clock(self.written)),
            ssh.unwrap_or_default(),
            self.repository.text(),
            self.commands(),
        )
    }

    /// What is done last of all.
    fn commands(&self) -> String {
        let take_secret = quoted(take_secret(BOOT, &format!("{KEYS}/secret")));
        // Raspberry Pi OS leaves it off until somebody asks for it.
        let ssh = if self.ssh_key.is_some() {
            "  - [systemctl, enable, --now, ssh.service]\n"
        } else {
            ""
        };
        format!(
            "  # What is on the boot partition can be read by whoever takes the card out.\n  \
             - [sh, -c, {take_secret}]\n{ssh}  - [systemctl, enable, --now, oxberry-pi.service]\n"
        )
    }

    /// `network-config`: the cable's address.
    pub(super) fn network_config(&self) -> String {
        let address = self.address.as_ref().map_or_else(
            || "      dhcp4: true\n".into(),
            |address| {
                format!(
                    "      dhcp4: false\n      addresses:\n        - {}\n",
                    quoted(address)
                )
            },
        );
        let gateway = self.gateway.map(|gateway| {
            format!(
                "      routes:\n        - to: 0.0.0.0/0\n          via: {gateway}\n      \
                 nameservers:\n        addresses: [{gateway}]\n"
            )
        });
        let gateway = gateway.unwrap_or_default();
        format!(
            "network:\n  version: 2\n  ethernets:\n    eth0:\n{address}{gateway}      \
             # The Pi starts without its cable too.\n      optional: true\n"
        )
    }

    /// `meta-data`: cloud-init does its work once for each `instance-id`.
    pub(super) fn meta_data(&self, instance: &str) -> String {
        format!("instance-id: {}\n", quoted(instance))
    }

    fn files(&self) -> [Written<'_>; 3] {
        let file = |path, owner, mode, content| Written {
            path,
            owner,
            mode,
            content,
        };
        let ours = "oxberry:oxberry";
        [
            file(
                "/etc/oxberry/pi.toml".into(),
                "root:root",
                "0644",
                &*self.settings,
            ),
            file(format!("{KEYS}/allowed"), ours, "0644", &*self.allowed),
            // The last one: where it is, nothing is missing.
            file(format!("{KEYS}/secret"), ours, "0600", &*self.secret),
        ]
    }
}

impl Repository {
    /// As cloud-init's module for apt has it.
    fn text(&self) -> String {
        let Self { address, key } = self;
        // cloud-init writes the key to a file, and its name here.
        let options = if key.is_some() {
            "signed-by=$KEY_FILE"
        } else {
            "trusted=yes"
        };
        let source = quoted(format!("deb [{options}] {address} ./"));
        let key = key
            .as_ref()
            .map(|key| format!("      key: |\n{}", block(key, 8)));
        format!(
            "apt:\n  # Else cloud-init writes those of the system anew.\n  \
             preserve_sources_list: true\n  sources:\n    oxberry.list:\n      source: {source}\n{}",
            key.unwrap_or_default()
        )
    }
}

impl Written<'_> {
    /// As cloud-init's module for files has it; written last of all, when the package has made the
    /// user that owns it.
    fn text(&self) -> String {
        let Self {
            path,
            owner,
            mode,
            content,
        } = self;
        format!(
            "  - path: {path}\n    owner: {owner}\n    permissions: '{mode}'\n    defer: true\n    \
             content: |\n{}",
            block(content, 6)
        )
    }
}

/// Sets a clock that is behind to when these files were written; NTP does the rest.
fn set_clock(written: u64) -> String {
    format!("[ $(date +%s) -ge {written} ] || date -s @{written}")
}

/// Takes the secret out of `user-data` once it is in its own place. Before, it is still needed: `cloud-init clean` begins
/// anew where the package could not be had.
fn take_secret(boot: &str, secret: &str) -> String {
    format!(r#"test ! -s {secret} || sed -i 's/^\( *secret = \).*/\1"taken"/' {boot}/user-data"#)
}

/// Lines as the content of a YAML block.
fn block(text: &str, indent: usize) -> String {
    let lines = text.lines().map(|line| format!("{:indent$}{line}\n", ""));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> Member {
        Member {
            name: "pi-1".into(),
            address: None,
            gateway: None,
            repository: Repository {
                address: "http://192.0.2.1:8000".into(),
                key: Some("-----BEGIN-----\n\nabc=\n-----END-----\n".into()),
            },
            settings: "name = \"pi-1\"\norders = 10\n".into(),
            secret: "role = \"pi\"\nsecret = \"x: {#\"\n".into(),
            allowed: "controller c abc\n".into(),
            ssh_key: None,
            written: 1_795_714_990,
        }
    }

    #[test]
    fn files_come_last_whole_and_with_their_owners() {
        let text = member().user_data();
        let secret = "  - path: /etc/oxberry/keys/secret\n    owner: oxberry:oxberry\n    \
                      permissions: '0600'\n    defer: true\n    content: |\n      role = \"pi\"\n      \
                      secret = \"x: {#\"\n";
        assert!(text.contains(secret), "{text}");
        let settings = "    content: |\n      name = \"pi-1\"\n      orders = 10\n";
        assert!(text.contains(settings), "{text}");
        assert!(
            text.starts_with("#cloud-config\nhostname: \"pi-1\"\n"),
            "{text}"
        );
    }

    /// Runs a line of a shell with `PATH` as it is.
    fn run(line: &str) -> std::process::Output {
        let done = std::process::Command::new("sh").args(["-c", line]).output();
        done.unwrap()
    }

    #[test]
    fn the_secret_is_taken_off_the_boot_partition_once_it_is_in_its_place() {
        let text = member().user_data();
        let directory = tempfile::tempdir().unwrap();
        let boot = directory.path().to_str().unwrap();
        let (file, secret) = (format!("{boot}/user-data"), format!("{boot}/secret"));
        std::fs::write(&file, &text).unwrap();
        let after = || {
            assert!(run(&take_secret(boot, &secret)).status.success());
            std::fs::read_to_string(&file).unwrap()
        };
        assert_eq!(after(), text);
        std::fs::write(&secret, "there").unwrap();
        assert_eq!(after(), text.replace("\"x: {#\"", "\"taken\""));
        let line = quoted(take_secret("/boot/firmware", "/etc/oxberry/keys/secret"));
        assert!(text.contains(&format!("  - [sh, -c, {line}]\n")), "{text}");
    }

    #[test]
    fn a_clock_that_is_behind_is_set_and_no_other() {
        let set = |written| {
            // A function goes before the program of this name.
            let date = r#"date() { if [ "$1" = +%s ]; then echo 1000; else echo "set $*"; fi; }; "#;
            let done = run(&format!("{date}{}", set_clock(written)));
            assert!(done.status.success());
            String::from_utf8(done.stdout).unwrap()
        };
        assert_eq!(set(1_001), "set -s @1001\n");
        assert_eq!(set(1_000), "");
        let line = quoted(set_clock(1_795_714_990));
        let text = member().user_data();
        assert!(text.contains(&format!("  - [sh, -c, {line}]\n")), "{text}");
    }

    #[test]
    fn who_may_log_in_can() {
        let mut member = member();
        assert!(!member.user_data().contains("ssh"));
        member.ssh_key = Some("ssh-ed25519 AAAA me".into());
        let text = member.user_data();
        assert!(text.contains("    ssh_authorized_keys:\n      - \"ssh-ed25519 AAAA me\"\n"));
        assert!(text.contains("  - [systemctl, enable, --now, ssh.service]\n"));
    }

    #[test]
    fn a_repository_is_trusted_by_its_key_or_told_to_be() {
        let mut member = member();
        let signed = "      source: \"deb [signed-by=$KEY_FILE] http://192.0.2.1:8000 ./\"\n      \
                      key: |\n        -----BEGIN-----\n        \n        abc=\n";
        assert!(
            member.user_data().contains(signed),
            "{}",
            member.user_data()
        );
        member.repository.key = None;
        let unsigned = "source: \"deb [trusted=yes] http://192.0.2.1:8000 ./\"\npackage_update";
        assert!(
            member.user_data().contains(unsigned),
            "{}",
            member.user_data()
        );
    }

    #[test]
    fn the_address_is_asked_for_unless_it_is_given() {
        let mut member = member();
        assert!(member.network_config().contains("dhcp4: true"));
        member.address = Some("192.0.2.11/24".into());
        let text = member.network_config();
        assert!(text.contains("dhcp4: false\n      addresses:\n        - \"192.0.2.11/24\""));
        assert!(!text.contains("via"));
        member.gateway = Some(Ipv4Addr::new(192, 0, 2, 1));
        let text = member.network_config();
        assert!(text.contains("        - to: 0.0.0.0/0\n          via: 192.0.2.1\n"));
        assert!(text.contains("        addresses: [192.0.2.1]\n"));
    }
}
