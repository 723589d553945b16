//! By which messages a form is read (docs/wire-format.md, 3.3).

use crate::xdp::Dialect;

/// Which messages of its number a form takes in a dialect.
#[derive(Clone, Copy)]
pub(super) enum Fit {
    /// None: the dialect does not have it.
    Never,
    /// Those of its very size.
    Exact,
    /// Those of its size or longer.
    AtLeast,
    /// Those that no other form takes; the ones shorter than its size are malformed.
    Usual,
}

impl Fit {
    /// Whether a message of `size` bytes is told by that from those of other forms, if the form has
    /// `of`.
    #[inline(always)]
    pub(super) const fn takes(self, size: usize, of: usize) -> bool {
        match self {
            Self::Exact => size == of,
            Self::AtLeast => size >= of,
            Self::Never | Self::Usual => false,
        }
    }

    /// Whether it takes what is left by the others.
    #[inline(always)]
    pub(super) const fn is_usual(self) -> bool {
        matches!(self, Self::Usual)
    }
}

/// Which messages of its number a form takes in every dialect.
#[derive(Clone, Copy)]
pub(super) struct Fits([Fit; Dialect::ALL.len()]);

impl Fits {
    /// None in any.
    pub(super) const NEVER: Self = Self([Fit::Never; Dialect::ALL.len()]);

    /// The same, but for one dialect.
    pub(super) const fn with(self, dialect: Dialect, fit: Fit) -> Self {
        let Self([legacy, xdp, pillar]) = self;
        Self(match dialect {
            Dialect::Legacy => [fit, xdp, pillar],
            Dialect::Xdp => [legacy, fit, pillar],
            Dialect::Pillar => [legacy, xdp, fit],
        })
    }

    /// Those of one dialect.
    pub(super) const fn in_dialect(self, dialect: Dialect) -> Fit {
        let Self([legacy, xdp, pillar]) = self;
        match dialect {
            Dialect::Legacy => legacy,
            Dialect::Xdp => xdp,
            Dialect::Pillar => pillar,
        }
    }
}

/// A dialect that the compiler knows, so that it leaves out the forms of others.
pub(super) trait Known {
    /// The dialect.
    const DIALECT: Dialect;
}

/// [`Dialect::Legacy`].
pub(super) struct Legacy;
/// [`Dialect::Xdp`].
pub(super) struct Xdp;
/// [`Dialect::Pillar`].
pub(super) struct Pillar;

impl Known for Legacy {
    const DIALECT: Dialect = Dialect::Legacy;
}

impl Known for Xdp {
    const DIALECT: Dialect = Dialect::Xdp;
}

impl Known for Pillar {
    const DIALECT: Dialect = Dialect::Pillar;
}
