//! What dies on purpose in a demonstration, when, and when it comes back.

use std::{fmt, str::FromStr, time::Duration};

/// How long after it was killed a process is started again, as systemd would (`RestartSec=1`).
const RESTART: Duration = Duration::from_secs(1);

/// How long a process is paused: longer than until the controller takes it for dead.
const PAUSE: Duration = Duration::from_secs(8);

/// What the controller is called.
pub(super) const CONTROLLER: &str = "controller";

/// The longest time that can be said.
const MOST: Duration = Duration::from_secs(86_400);

/// One process that dies, or stands still, on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What happens to it.
    pub(super) what: What,
    /// The process.
    pub(super) node: String,
    /// When, after the feed has started.
    pub(super) at: Duration,
    /// How long after that it is started again, or goes on.
    pub(super) back_after: Duration,
}

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It is killed (SIGKILL), and started again.
    Kill,
    /// It is stopped (SIGSTOP), and goes on.
    Pause,
}

/// Why words name no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoFault(String);

impl fmt::Display for NoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}; it is WHAT:NODE@SECONDS[+SECONDS], such as kill:pi-2@5 or pause:pi-1@5+8",
            self.0
        )
    }
}

impl std::error::Error for NoFault {}

impl Fault {
    /// One that somebody wants so long after the feed has started.
    pub(super) fn now(what: What, node: &str, at: Duration) -> Self {
        Self {
            what,
            node: node.to_owned(),
            at,
            back_after: what.usual_return(),
        }
    }
}

impl What {
    /// How long after it a process is started again, or goes on, unless somebody says otherwise.
    const fn usual_return(self) -> Duration {
        match self {
            Self::Kill => RESTART,
            Self::Pause => PAUSE,
        }
    }
}

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(words: &str) -> Result<Self, NoFault> {
        let no = |why: &str| NoFault(why.to_owned());
        let (what, rest) = words.split_once(':').ok_or(no("no `:` after WHAT"))?;
        let what = match what {
            "kill" => What::Kill,
            "pause" => What::Pause,
            other => return Err(NoFault(format!("{other} is neither kill nor pause"))),
        };
        let (node, times) = rest.split_once('@').ok_or(no("no `@` after NODE"))?;
        let number = node.strip_prefix("pi-").map(str::parse::<u16>);
        let is_pi = number.is_some_and(|number| number.is_ok_and(|number| number > 0));
        if !is_pi && node != CONTROLLER {
            return Err(NoFault(format!(
                "{node} cannot die here; what can is controller, pi-1, pi-2, …"
            )));
        }
        let (at, back) = match times.split_once('+') {
            Some((at, back)) => (at, Some(back)),
            None => (times, None),
        };
        Ok(Self {
            what,
            node: node.to_owned(),
            at: seconds(at)?,
            back_after: back.map_or(Ok(what.usual_return()), seconds)?,
        })
    }
}

/// Reads a time in seconds.
fn seconds(words: &str) -> Result<Duration, NoFault> {
    let no = || NoFault(format!("{words} is no number of seconds up to 86400"));
    let seconds: f64 = words.parse().map_err(|_| no())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| no())?;
    if time > MOST { Err(no()) } else { Ok(time) }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "killed",
            Self::Pause => "paused",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_with_and_without_its_return() {
        let fault: Fault = "kill:pi-2@5".parse().unwrap();
        assert_eq!(fault.node, "pi-2");
        assert_eq!(
            (fault.at, fault.back_after),
            (Duration::from_secs(5), RESTART)
        );
        let fault: Fault = "pause:pi-12@0.5+2.25".parse().unwrap();
        assert_eq!(fault.what, What::Pause);
        assert_eq!(fault.at, Duration::from_millis(500));
        assert_eq!(
            "kill:controller@3".parse::<Fault>().unwrap().node,
            CONTROLLER
        );
        assert_eq!(fault.back_after, Duration::from_millis(2_250));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_the_reason() {
        for (words, why) in [
            ("pi-1@5", "no `:`"),
            ("burn:pi-1@5", "burn is neither"),
            ("kill:pi-1", "no `@`"),
            ("kill:pi-0@5", "pi-0 cannot die"),
            ("kill:visual@5", "visual cannot die"),
            ("kill:pi-1@soon", "soon is no number"),
            ("kill:pi-1@-1", "-1 is no number"),
            ("kill:pi-1@1+nan", "nan is no number"),
            ("kill:pi-1@1e300", "1e300 is no number"),
            ("kill:pi-1@90000", "90000 is no number"),
        ] {
            let error = words.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(why), "{words}: {error}");
        }
    }
}
