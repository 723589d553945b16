//! How the machine is: temperature, power and memory, read where the kernel of a Raspberry Pi shows them.
//!
//! A machine without a sensor has no word on what it would measure. What a sensor says and cannot be is
//! no word either.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use oxberry_proto::{Health, Throttling};

/// The longest that a sensor says.
const MOST_BYTES: usize = 128;

/// What a processor can have, in thousandths of a degree Celsius; a sensor that says anything else is broken.
const TEMPERATURES: core::ops::RangeInclusive<i32> = -100_000..=200_000;

/// The sensors of a machine, as far as it has them.
#[derive(Debug)]
pub(crate) struct Sensors {
    /// Of the processor's temperature.
    temperature: Option<Sensor>,
    /// The firmware's word on power and heat.
    throttling: Option<Sensor>,
    /// The alarm of the supply.
    voltage: Option<Sensor>,
    /// The memory of this process.
    memory: Option<Sensor>,
}

/// A file in which the kernel shows something.
#[derive(Debug)]
struct Sensor {
    file: PathBuf,
    /// Whether a person knows that it cannot be used.
    is_told: bool,
}

/// A sensor that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SensorError {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable {
        /// Its file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It says something else than it should.
    #[error("{}: `{said}` is not {should}", file.display())]
    Malformed {
        /// Its file.
        file: PathBuf,
        /// What it says.
        said: String,
        /// What it should say.
        should: &'static str,
    },
}

impl Sensors {
    /// Looks for the sensors below `root`, which is `/` but in tests.
    pub(crate) fn find(root: &Path) -> Self {
        let class = |name: &str| entries(&root.join("sys/class").join(name));
        let zone = class("thermal")
            .into_iter()
            .find(|zone| is_called(&zone.join("type"), "cpu-thermal"));
        let supply = class("hwmon")
            .into_iter()
            .find(|monitor| is_called(&monitor.join("name"), "rpi_volt"));
        let firmware = root.join("sys/devices/platform/soc/soc:firmware/get_throttled");
        Self {
            temperature: zone.and_then(|zone| Sensor::at(zone.join("temp"))),
            throttling: Sensor::at(firmware),
            voltage: supply.and_then(|supply| Sensor::at(supply.join("in0_lcrit_alarm"))),
            memory: Sensor::at(root.join("proc/self/statm")),
        }
    }

    /// Reads all of them. Each that cannot be used is told once.
    pub(crate) fn read(&mut self, tell: &mut dyn FnMut(SensorError)) -> Health {
        fn of<T>(
            sensor: &mut Option<Sensor>,
            tell: &mut dyn FnMut(SensorError),
            (should, parse): (&'static str, fn(&str) -> Option<T>),
        ) -> Option<T> {
            sensor.as_mut()?.read(tell, should, parse)
        }
        Health {
            resident_bytes: of(&mut self.memory, tell, ("sizes in pages", resident)),
            millicelsius: of(
                &mut self.temperature,
                tell,
                (
                    "a temperature in thousandths of a degree Celsius",
                    temperature,
                ),
            ),
            throttling: of(
                &mut self.throttling,
                tell,
                ("bits in hexadecimal", throttling),
            ),
            low_voltage_alarm: of(&mut self.voltage, tell, ("0 or 1", alarm)),
        }
    }
}

impl Sensor {
    /// The sensor with this file, if it is there.
    fn at(file: PathBuf) -> Option<Self> {
        let is_told = false;
        file.exists().then_some(Self { file, is_told })
    }

    fn read<T>(
        &mut self,
        tell: &mut dyn FnMut(SensorError),
        should: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let result = self.said().and_then(|said| {
            parse(said.trim()).ok_or_else(|| SensorError::Malformed {
                file: self.file.clone(),
                said: said.trim().into(),
                should,
            })
        });
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if !core::mem::replace(&mut self.is_told, true) {
                    tell(error);
                }
                None
            }
        }
    }

    /// What it says, as far as it can be of use.
    fn said(&self) -> Result<String, SensorError> {
        let mut said = Vec::with_capacity(MOST_BYTES);
        let opened = File::open(&self.file);
        let read = opened.and_then(|file| file.take(MOST_BYTES as u64).read_to_end(&mut said));
        match read {
            Ok(_) => Ok(String::from_utf8_lossy(&said).into_owned()),
            Err(source) => Err(SensorError::Unreadable {
                file: self.file.clone(),
                source,
            }),
        }
    }
}

/// What is in a folder, in the order of the names; nothing if it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Whether a file holds this name.
fn is_called(file: &Path, name: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found.trim() == name)
}

fn temperature(said: &str) -> Option<i32> {
    said.parse()
        .ok()
        .filter(|value| TEMPERATURES.contains(value))
}

fn throttling(said: &str) -> Option<Throttling> {
    let digits = said.strip_prefix("0x").unwrap_or(said);
    let is_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let bits = u32::from_str_radix(digits, 16).ok().filter(|_| is_digits);
    bits.map(Throttling::from_raw)
}

fn alarm(said: &str) -> Option<bool> {
    match said {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// Bytes of the process, by the second number of `statm`.
fn resident(said: &str) -> Option<u64> {
    let pages: u64 = said.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const ZONE: &str = "sys/class/thermal/thermal_zone1";
    const SUPPLY: &str = "sys/class/hwmon/hwmon2";
    const FIRMWARE: &str = "sys/devices/platform/soc/soc:firmware";

    /// A made-up tree as a Raspberry Pi has it, beside sensors of other things.
    fn tree(files: &[(&str, &str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let others = [
            ("sys/class/thermal/thermal_zone0", "type", "gpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0", "temp", "1000\n"),
            ("sys/class/hwmon/hwmon0", "name", "cpu_thermal\n"),
            ("sys/class/hwmon/hwmon0", "in0_lcrit_alarm", "1\n"),
        ];
        for (folder, name, text) in others.iter().chain(files) {
            let folder = root.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), text).unwrap();
        }
        root
    }

    fn pi(temperature: &str, throttled: &str, alarm: &str, statm: &str) -> TempDir {
        tree(&[
            (ZONE, "type", "cpu-thermal\n"),
            (ZONE, "temp", temperature),
            (SUPPLY, "name", "rpi_volt\n"),
            (SUPPLY, "in0_lcrit_alarm", alarm),
            (FIRMWARE, "get_throttled", throttled),
            ("proc/self", "statm", statm),
        ])
    }

    #[test]
    fn a_raspberry_pi_tells_all_of_it() {
        let root = pi("61324\n", "50005\n", "1\n", "40000 2000 900 1 0 30 0\n");
        let mut sensors = Sensors::find(root.path());
        let health = sensors.read(&mut |error| panic!("{error}"));
        let pages = u64::try_from(rustix::param::page_size()).unwrap();
        assert_eq!(health.resident_bytes, Some(2_000 * pages));
        assert_eq!(health.millicelsius, Some(61_324));
        assert_eq!(health.throttling, Some(Throttling::from_raw(0x5_0005)));
        assert_eq!(health.low_voltage_alarm, Some(true));
    }

    #[test]
    fn a_machine_without_sensors_has_no_word_and_tells_nothing() {
        let root = tempfile::tempdir().unwrap();
        let health = Sensors::find(root.path()).read(&mut |error| panic!("{error}"));
        assert_eq!(health, Health::default());
        let health = Sensors::find(tree(&[]).path()).read(&mut |error| panic!("{error}"));
        assert_eq!(health, Health::default());
    }

    #[test]
    fn what_cannot_be_is_no_word_and_told_once() {
        for (temperature, throttled, alarm, statm) in [
            ("", "", "", ""),
            ("warm", "0x", "yes", "1"),
            ("61.3", "-1", "2", "1 x"),
            ("2000000000", "100000000", "01", "1 18446744073709551615"),
            ("99999999999", "+5", "\u{0}", "1 -1"),
            ("-274000", "5 5", "1 1", "a b c"),
        ] {
            let root = pi(temperature, throttled, alarm, statm);
            let mut sensors = Sensors::find(root.path());
            let mut told = Vec::new();
            for _ in 0..3 {
                let health = sensors.read(&mut |error| told.push(error.to_string()));
                assert_eq!(health, Health::default(), "{temperature}");
            }
            assert_eq!(told.len(), 4, "{told:?}");
            assert!(told[1].contains("thermal_zone1/temp"), "{told:?}");
        }
    }

    #[test]
    fn a_sensor_that_goes_is_no_word_until_it_is_back() {
        let root = pi("50000", "0", "0", "1 1");
        let mut sensors = Sensors::find(root.path());
        let file = root.path().join(ZONE).join("temp");
        fs::remove_file(&file).unwrap();
        let mut told = Vec::new();
        for _ in 0..2 {
            let health = sensors.read(&mut |error| told.push(error.to_string()));
            assert_eq!(
                (health.millicelsius, health.low_voltage_alarm),
                (None, Some(false))
            );
        }
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("cannot be read"), "{told:?}");
        fs::write(&file, "51000").unwrap();
        let health = sensors.read(&mut |error| panic!("{error}"));
        assert_eq!(health.millicelsius, Some(51_000));
    }

    #[test]
    fn an_endless_file_is_read_no_further_than_a_sensor_says() {
        let root = pi(&"1".repeat(1 << 20), "0", "0", "1 1");
        let mut told = Vec::new();
        let health = Sensors::find(root.path()).read(&mut |error| told.push(error.to_string()));
        assert_eq!(health.millicelsius, None);
        assert!(told[0].len() < 400, "{} bytes", told[0].len());
    }
}
