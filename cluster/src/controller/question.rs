//! What is asked at the setup socket: by the visualisation, or by whoever wants to know how things are.

use oxberry_core::units::Instant;
use oxberry_proto::Question;

use super::{Controller, RimStatus};

impl Controller {
    /// Somebody asked something, and waits for the answer. Each question is answered, also one that
    /// cannot be read, since a REP socket must answer before it can hear again.
    pub fn handle_question(&mut self, now: Instant, message: &[u8], rim: &RimStatus) {
        match Question::decode(message) {
            Ok(Question::SetupVisualRequest(request)) => self.answer_visual(now, request),
            Ok(Question::StatusRequest(request)) => self.answer_status(now, request, rim),
            Ok(Question::DepthRequest(request)) => self.answer_depth(request),
            Err(error) => {
                self.note_bad("somebody who asks at the setup socket".into(), error);
                // Its fingerprint tells the other side that the versions differ.
                self.answer_symbols();
            }
        }
        self.stage.note(self.phase, now);
    }
}
