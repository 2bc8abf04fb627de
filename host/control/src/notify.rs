//! Notify: what is the service manager told?
//!
//! In: the environment that systemd sets. Out: READY, STATUS, WATCHDOG and STOPPING over its socket. Must never: fail a
//! session because nobody listens.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// A service manager that listens.
#[derive(Debug)]
pub struct Notifier {
    socket: UnixDatagram,
    to: SocketAddr,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// From the environment; `None` where no service manager asks to be told.
    #[must_use]
    pub fn of(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<Notifier> {
        let name = environment("NOTIFY_SOCKET")?;
        let to = match name.as_bytes() {
            [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest).ok()?,
            [b'/', ..] => SocketAddr::from_pathname(&name).ok()?,
            _ => return None,
        };
        let micros = environment("WATCHDOG_USEC").and_then(|text| text.to_str()?.parse::<u64>().ok());
        // Of another process, where it names one.
        let own = std::process::id().to_string();
        let is_ours = environment("WATCHDOG_PID").is_none_or(|pid| pid.to_str() == Some(&own));
        let watchdog = micros.filter(|micros| is_ours && *micros > 0).map(Duration::from_micros);
        Some(Notifier { socket: UnixDatagram::unbound().ok()?, to, watchdog })
    }

    /// How often it wants to hear that all is well: half of what it waits.
    #[must_use]
    pub fn watchdog_pause(&self) -> Option<Duration> {
        self.watchdog.map(|wait| wait / 2)
    }

    /// The session runs.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", status.replace('\n', " ")));
    }

    /// All is well.
    pub fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// The session ends.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// A manager that is gone cannot be told.
    fn tell(&self, text: &str) {
        self.socket.send_to_addr(text.as_bytes(), &self.to).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<Notifier> {
        let find = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        Notifier::of(&find)
    }

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 200];
        let count = socket.recv(&mut buffer).expect("a datagram");
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    #[test]
    fn a_manager_hears_ready_alive_and_stopping() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).expect("a socket");
        let path = path.to_str().expect("plain");
        let notifier = of(&[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "30000000")]).expect("it asks");
        assert_eq!(notifier.watchdog_pause(), Some(Duration::from_secs(15)));
        notifier.ready("paper session\nruns");
        assert_eq!(heard(&manager), "READY=1\nSTATUS=paper session runs");
        notifier.alive();
        assert_eq!(heard(&manager), "WATCHDOG=1");
        notifier.stopping();
        assert_eq!(heard(&manager), "STOPPING=1");
        drop(manager);
        notifier.alive();
    }

    #[test]
    fn nobody_is_told_where_nobody_asks() {
        assert!(of(&[]).is_none());
        assert!(of(&[("NOTIFY_SOCKET", "relative")]).is_none());
        let other = of(&[("NOTIFY_SOCKET", "/x"), ("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")]).expect("it asks");
        assert_eq!(other.watchdog_pause(), None);
        let wrong = of(&[("NOTIFY_SOCKET", "@x"), ("WATCHDOG_USEC", "soon")]).expect("it asks");
        assert_eq!(wrong.watchdog_pause(), None);
    }
}
