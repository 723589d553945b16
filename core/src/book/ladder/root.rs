//! References to nodes, and to ladders, which are told by one of their nodes.

use crate::book::memory::NONE;

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(in super::super) struct NodeRef(u32);

impl NodeRef {
    /// No node: the end of a chain.
    pub(super) const NONE: Self = Self(NONE);

    #[inline(always)]
    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    #[inline(always)]
    pub(super) const fn raw(self) -> u32 {
        self.0
    }

    /// To index with.
    #[inline(always)]
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// The node, if it is one.
    #[inline(always)]
    pub(super) fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// The root of a ladder: its directory if it has one, or else its head, the node with its best levels.
///
/// Whatever changes a ladder may give it another root, which the symbol is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(in super::super) struct LadderRoot(u32);

impl LadderRoot {
    /// No ladder, as long as a side is empty.
    pub(in super::super) const NONE: Self = Self(NONE);

    /// What tells a directory from a head.
    const DIRECTORY: u32 = 1 << 31;

    #[inline(always)]
    pub(in super::super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    #[inline(always)]
    pub(in super::super) const fn raw(self) -> u32 {
        self.0
    }

    #[inline(always)]
    pub(super) const fn of_head(head: NodeRef) -> Self {
        Self(head.0)
    }

    pub(super) const fn of_directory(directory: NodeRef) -> Self {
        Self(directory.0 | Self::DIRECTORY)
    }

    /// The directory, if it has one; else the head, or no node of no ladder.
    #[inline(always)]
    pub(super) fn directory_or_head(self) -> Result<NodeRef, NodeRef> {
        if self.0 & Self::DIRECTORY != 0 {
            Ok(self.node())
        } else {
            Err(NodeRef(self.0))
        }
    }

    /// The directory, if it has one.
    #[inline(always)]
    pub(super) fn directory(self) -> Option<NodeRef> {
        self.directory_or_head().ok()
    }

    /// The node that it is told by; of no ladder none that there is.
    #[inline(always)]
    pub(super) const fn node(self) -> NodeRef {
        NodeRef(self.0 & !Self::DIRECTORY)
    }
}
