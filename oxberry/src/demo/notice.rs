//! What the demonstration's processes say, as far as they speak to programs.

use oxberry_controller::notice::Notice as OfController;
use oxberry_visual::Notice as OfDashboard;

/// What a process said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The controller said it.
    Controller(OfController),
    /// The dashboard said it.
    Dashboard(OfDashboard),
}

/// How a line of a process is read; `None` when it is no notice.
pub(super) type Reader = fn(&str) -> Option<Notice>;

impl Notice {
    /// A line of the controller.
    pub(super) fn of_controller(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().map(Self::Controller)
    }

    /// A line of the dashboard.
    pub(super) fn of_dashboard(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().map(Self::Dashboard)
    }

    /// A line of a Pi, which has nothing to say to a program.
    pub(super) fn of_pi(_: &str) -> Option<Self> {
        None
    }

    /// What a person should read of it.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Controller(OfController::Info { text } | OfController::Warning { text }) => {
                Some(text)
            }
            Self::Controller(
                OfController::Listening { .. }
                | OfController::Started
                | OfController::Partition(_)
                | OfController::Done { .. },
            )
            | Self::Dashboard(OfDashboard::Listening { .. } | OfDashboard::Fault(_)) => None,
        }
    }
}
