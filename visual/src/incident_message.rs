//! What happened to the cluster, as JSON.

use std::time::Duration;

use oxberry_core::units::Instant;
use oxberry_proto::Run;
use serde::Serialize;

use crate::history::{Incident, What};
use crate::json_text::Text;

/// What happened up to a time of the dashboard's clock, the newest first.
pub(crate) fn events(incidents: &[Incident], now: Instant) -> Result<String, serde_json::Error> {
    let events = incidents.iter().rev();
    serde_json::to_string(&EventsObject {
        events: events.map(|incident| event(incident, now)).collect(),
    })
}

#[derive(Serialize)]
struct EventsObject<'i> {
    events: Vec<EventObject<'i>>,
}

#[derive(Serialize)]
struct EventObject<'i> {
    id: u64,
    what: &'static str,
    /// Which Pi.
    node: Option<u16>,
    name: Option<&'i str>,
    /// Of which channel messages were lost, and how many.
    channel: Option<u8>,
    lost_messages: Option<u64>,
    /// Which run began.
    run: Option<Text<Run>>,
    /// How long ago it began.
    ago_ms: u64,
    noticed_ms: u64,
    back_ms: Option<u64>,
    whole_ms: Option<u64>,
    is_over: bool,
    copies_dropped: u64,
    rows_passed: u64,
}

fn event(incident: &Incident, now: Instant) -> EventObject<'_> {
    let Incident {
        id,
        what,
        began,
        noticed,
        back,
        whole,
        is_over,
        copies,
        passed,
    } = incident;
    let none = EventObject {
        id: *id,
        what: "",
        node: None,
        name: None,
        channel: None,
        lost_messages: None,
        run: None,
        ago_ms: milliseconds(now.since(*began)),
        noticed_ms: milliseconds(*noticed),
        back_ms: back.map(milliseconds),
        whole_ms: whole.map(milliseconds),
        is_over: *is_over,
        copies_dropped: *copies,
        rows_passed: *passed,
    };
    match what {
        What::Pi { node, name } => EventObject {
            what: "pi_lost",
            node: Some(node.raw()),
            name: Some(name),
            ..none
        },
        What::Controller => EventObject {
            what: "controller_lost",
            ..none
        },
        What::Books => EventObject {
            what: "books_in_doubt",
            ..none
        },
        What::Messages { channel, lost } => EventObject {
            what: "messages_lost",
            channel: Some(channel.raw()),
            lost_messages: Some(*lost),
            ..none
        },
        What::Run(run) => EventObject {
            what: "run_began",
            run: Some(Text(*run)),
            ..none
        },
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use oxberry_core::units::ChannelId;
    use oxberry_proto::NodeId;
    use serde_json::Value;

    use super::*;

    fn incident(id: u64, what: What) -> Incident {
        Incident {
            id,
            what,
            began: Instant::default().after(Duration::from_secs(id)),
            noticed: Duration::from_millis(750),
            back: None,
            whole: None,
            is_over: false,
            copies: 0,
            passed: 0,
        }
    }

    #[test]
    fn the_newest_is_first_and_each_kind_has_its_own_fields() {
        let node = NodeId::from_raw(4);
        let name = "pi-2".to_owned();
        let pi = Incident {
            back: Some(Duration::from_millis(1_400)),
            whole: Some(Duration::from_millis(1_650)),
            is_over: true,
            copies: 50,
            passed: 3,
            ..incident(1, What::Pi { node, name })
        };
        let channel = ChannelId::from_raw(3);
        let all = [
            pi,
            incident(2, What::Controller),
            incident(3, What::Books),
            incident(4, What::Messages { channel, lost: 17 }),
            incident(5, What::Run(Run::default())),
        ];
        let now = Instant::default().after(Duration::from_secs(10));
        let told: Value = serde_json::from_str(&events(&all, now).unwrap()).unwrap();
        let whats: Vec<_> = (told["events"].as_array().unwrap().iter())
            .map(|event| event["what"].as_str().unwrap())
            .collect();
        assert_eq!(
            whats,
            [
                "run_began",
                "messages_lost",
                "books_in_doubt",
                "controller_lost",
                "pi_lost"
            ]
        );
        let pi = &told["events"][4];
        assert_eq!((&pi["node"], &pi["name"]), (&4.into(), &"pi-2".into()));
        assert_eq!(
            (&pi["ago_ms"], &pi["whole_ms"]),
            (&9_000.into(), &1_650.into())
        );
        assert_eq!(
            (&pi["copies_dropped"], &pi["rows_passed"]),
            (&50.into(), &3.into())
        );
        assert_eq!(told["events"][1]["lost_messages"], 17);
        assert_eq!(told["events"][2]["back_ms"], Value::Null);
    }
}
