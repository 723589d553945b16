//! Asks the controller, as often as it takes until all is told.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use oxberry_cluster::told::{Cluster, Telling, Told};
use oxberry_net::{Clock, Context, Endpoint, Interest, SetupClient, wait};
use oxberry_proto::limits::MAX_PLAIN_BYTES;
use oxberry_proto::status::{StatusFrom, StatusRequest};
use oxberry_proto::{SCHEMA_FINGERPRINT, encode};

/// Asks the controller how its cluster is. `keys` are those of the context.
///
/// # Errors
///
/// When it does not answer within so long, or something else than it should.
pub(crate) fn ask(
    context: &Context,
    keys: Option<&Path>,
    controller: Endpoint,
    patience: Duration,
) -> anyhow::Result<Cluster> {
    let mut client = SetupClient::connect(context, controller)?;
    let clock = Clock::start();
    let deadline = clock.now().after(patience);
    let mut telling = Telling::default();
    let mut from = StatusFrom::Start;
    loop {
        client.request(&question(from))?;
        let answer = loop {
            if let Some(answer) = client.recv()? {
                break answer;
            }
            if clock.now() >= deadline {
                bail!(
                    "the controller at {controller} did not answer within {} s: does \
                     oxberry-controller run there, and is that its setup socket (its option --setup)? {}",
                    patience.as_secs(),
                    what_of_keys(keys)
                );
            }
            wait(&clock, Some(deadline), [client.poll_item(Interest::Read)])?;
        };
        let told = telling.handle_answer(answer);
        match told.with_context(|| format!("the answer of {controller}"))? {
            Told::All(cluster) => return Ok(*cluster),
            Told::Part(next) => from = next,
        }
    }
}

/// What to check of the keys when nobody answers: who may not ask gets no answer, and no reason.
fn what_of_keys(keys: Option<&Path>) -> String {
    keys.map_or_else(
        || {
            "If the cluster has keys, it answers only who has one: name the controller's, the \
             dashboard's or a tap's with --keys DIR"
                .into()
        },
        |directory| {
            format!(
                "Does it have --keys too, and is the key of --keys {0} in its list of allowed keys, as \
                 controller, visual or tap (a Pi may not ask)? Is the controller's key in \
                 {0}/allowed still the one that it has?",
                directory.display()
            )
        },
    )
}

fn question(from: StatusFrom) -> Vec<u8> {
    let request = StatusRequest {
        schema: SCHEMA_FINGERPRINT,
        from,
    };
    let mut message = vec![0; MAX_PLAIN_BYTES];
    let length = encode(&request, &mut message).expect("MAX_PLAIN_BYTES holds a question");
    message.truncate(length);
    message
}
