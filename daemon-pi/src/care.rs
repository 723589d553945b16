//! Looks after the machine, in a thread of its own: files are not read in the loop that keeps books.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use oxberry_net::{Clock, NetError, Shutdown, wait};
use oxberry_proto::Health;

use crate::health::Sensors;
use crate::limits::{CARE_INTERVAL, CARE_STACK_BYTES, HOT_MILLICELSIUS, QUIET_READINGS};
use crate::vitals::Vitals;

/// The thread that reads the sensors. It ends with this.
#[derive(Debug)]
pub(crate) struct Care {
    vitals: Arc<Vitals>,
    end: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Care {
    /// Reads the sensors below `root` once, and then in its thread every few seconds.
    ///
    /// # Errors
    ///
    /// When the system refuses a thread.
    pub(crate) fn begin(root: &Path) -> Result<Self, NetError> {
        let end = Shutdown::new()?;
        let mut carer = Carer {
            sensors: Sensors::find(root),
            vitals: Arc::new(Vitals::new()),
            worries: Worries::default(),
        };
        let vitals = Arc::clone(&carer.vitals);
        carer.look();
        let until = end.clone();
        let thread = thread::Builder::new()
            .name("care".into())
            // All of it is there from the start where memory is locked.
            .stack_size(CARE_STACK_BYTES)
            .spawn(move || carer.look_until(&until));
        let thread = thread.map_err(|source: io::Error| NetError::System {
            attempt: "start the thread that reads the sensors",
            source,
        })?;
        Ok(Self {
            vitals,
            end,
            thread: Some(thread),
        })
    }

    /// Where it leaves what it reads.
    pub(crate) const fn vitals(&self) -> &Arc<Vitals> {
        &self.vitals
    }
}

impl Drop for Care {
    fn drop(&mut self) {
        self.end.request();
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Carer {
    sensors: Sensors,
    vitals: Arc<Vitals>,
    worries: Worries,
}

impl Carer {
    fn look_until(mut self, end: &Shutdown) {
        let clock = Clock::start();
        while !end.is_requested() {
            let next = clock.now().after(CARE_INTERVAL);
            if let Err(error) = wait(&clock, Some(next), [end.poll_item()]) {
                tracing::warn!(%error, "temperature and power are not read any more");
                self.vitals.leave(Health::default());
                return;
            }
            self.look();
        }
    }

    fn look(&mut self) {
        let vitals = &self.vitals;
        let health = self.sensors.read(&mut |error| {
            vitals.count_unusable();
            tracing::warn!("{error}; what it measures is not known");
        });
        vitals.leave(health);
        self.worries.take(health);
    }
}

/// What a person is told when it begins and when it ends.
#[derive(Debug, Default)]
struct Worries {
    under_voltage: Worry,
    slowed: Worry,
    hot: Worry,
}

/// One of them.
#[derive(Debug, Default)]
struct Worry {
    is_told: bool,
    /// Readings since it was there last.
    quiet: u32,
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Begins,
    Ends,
}

impl Worries {
    fn take(&mut self, health: Health) {
        match self.under_voltage.take(health.is_under_voltage()) {
            Some(Turn::Begins) => tracing::warn!(
                "the supply is too weak, less than 4.63 V: use one that is made for this machine and a \
                 short cable; the machine may stop at any time, its twin goes on"
            ),
            Some(Turn::Ends) => tracing::info!("the supply is strong enough again"),
            None => {}
        }
        match self.slowed.take(health.is_slowed()) {
            Some(Turn::Begins) => tracing::warn!(
                bits = health.throttling.map(|told| format!("{:#x}", told.raw())),
                "the firmware slows the processor, because of heat or of the supply"
            ),
            Some(Turn::Ends) => tracing::info!("the firmware lets the processor run free again"),
            None => {}
        }
        let celsius = health.millicelsius.map(|value| value / 1_000);
        let is_hot = health.millicelsius.map(|value| value >= HOT_MILLICELSIUS);
        match self.hot.take(is_hot) {
            Some(Turn::Begins) => tracing::warn!(
                celsius,
                "the processor is hot: from 80 degrees on the firmware slows it; cool the machine"
            ),
            Some(Turn::Ends) => tracing::info!(celsius, "the processor is cool enough again"),
            None => {}
        }
    }
}

impl Worry {
    /// Takes whether it is there, if that is known. It has ended only when it stayed away for a while:
    /// a machine at its limit goes to and fro.
    fn take(&mut self, is_there: Option<bool>) -> Option<Turn> {
        if is_there? {
            self.quiet = 0;
            let is_new = !core::mem::replace(&mut self.is_told, true);
            return is_new.then_some(Turn::Begins);
        }
        self.quiet = self.quiet.saturating_add(1);
        if self.is_told && self.quiet >= QUIET_READINGS {
            self.is_told = false;
            return Some(Turn::Ends);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_worry_is_told_when_it_begins_and_when_it_has_stayed_away() {
        let mut worry = Worry::default();
        let no = Some(false);
        assert_eq!(worry.take(no), None);
        assert_eq!(worry.take(Some(true)), Some(Turn::Begins));
        // To and fro, and no word in between.
        for _ in 0..100 {
            assert_eq!(worry.take(no), None);
            assert_eq!(worry.take(None), None);
            assert_eq!(worry.take(Some(true)), None);
        }
        for _ in 1..QUIET_READINGS {
            assert_eq!(worry.take(no), None);
        }
        assert_eq!(worry.take(no), Some(Turn::Ends));
        assert_eq!(worry.take(no), None);
        assert_eq!(worry.take(Some(true)), Some(Turn::Begins));
    }

    #[test]
    fn what_is_read_is_there_at_once_and_the_thread_ends_with_it() {
        let root = tempfile::tempdir().unwrap();
        let zone = root.path().join("sys/class/thermal/thermal_zone0");
        fs::create_dir_all(&zone).unwrap();
        fs::write(zone.join("type"), "cpu-thermal").unwrap();
        fs::write(zone.join("temp"), "81000").unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        fs::write(root.path().join("proc/self/statm"), "nonsense").unwrap();
        let care = Care::begin(root.path()).unwrap();
        let vitals = Arc::clone(care.vitals());
        assert_eq!(vitals.health().millicelsius, Some(81_000));
        assert_eq!(vitals.health().resident_bytes, None);
        assert_eq!(vitals.unusable(), 1);
        // Joins the thread.
        drop(care);
        assert_eq!(Arc::strong_count(&vitals), 1);
    }
}
