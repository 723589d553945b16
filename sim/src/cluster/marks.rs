//! Marks count how often each rare branch ran.

use core::fmt;

/// Declares the marks.
macro_rules! marks {
    ($($mark:ident $words:literal;)*) => {
        /// A rare branch that the simulations must have run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mark {
            $(#[doc = $words] $mark,)*
        }

        impl Mark {
            /// All marks.
            pub const ALL: &'static [Self] = &[$(Self::$mark,)*];

            /// Describes the branch.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$mark => $words,)* }
            }
        }
    };
}

marks! {
    ToldLive "a replica says that a symbol is live again";
    ToldRecovering "a replica says that a symbol is recovering";
    ToldPartial "a replica says that a symbol is partial";
    ToldStale "a replica says that a symbol is stale";
    Rebuilt "a book is live again as a refresh or another replica has it";
    BookAsked "a Pi asks for the book of another replica";
    BookTaken "a Pi takes over the book of another replica";
    BookRefused "nobody can give a book that a Pi asks for";
    BookGivenUp "a Pi gives up a book that it asked for";
    BookRebuilt "a book that no replica trusts is made out of the feed, read again";
    RebuildAbandoned "nobody waits any more for what is being read again";
    RebuildFailed "reading the feed again fails";
    RebuildRefused "the feed came through a pipe and cannot be read again";
    AllRebuilt "all books that the feed makes live are live on all replicas at the end";
    StateTold "a replica tells the state of a symbol";
    DataQueueFull "a batch is dropped because its subscriber does not read";
    StockQueueFull "a Pi waits for the page to read";
    ReceiverDetached "books no longer wait for a page that takes nothing";
    ReceiverBack "a page takes frames again that was not waited for";
    StockOverwritten "a page never gets a frame that it did not take in time";
    MemoryFlipped "a bit of the books of a Pi changes by itself";
    DamageFound "a Pi finds a book whose values changed by themselves";
    LinksDamaged "a Pi finds links between its books that changed by themselves, and empties all";
    NamesDamaged "a Pi finds that it does not know any more whose books it has, and ends";
    CrashedByMemory "memory that changed by itself leads a Pi astray, which ends";
    FrameLost "a frame is lost on its way";
    FrameTwice "a frame comes twice";
    FrameOvertaken "a frame overtakes another one";
    BrokenWithFrames "a connection breaks with frames on their way";
    PacketLost "a packet of the feed is lost";
    PacketOfOneLine "a packet is lost on one of two lines";
    PacketTwice "a packet of the feed comes twice";
    PacketLate "a packet of the feed comes late";
    Waiting "a reader waits for numbers that may still come";
    Blocked "a channel waits for credit";
    Hole "something is missing in a stream for good";
    HoleOverReset "a Pi misses the beginning of a numbering";
    RepairAsked "a Pi asks for what is missing in a stream";
    RepairFilled "what was missing in a stream comes";
    RepairAcrossReset "the beginning of a numbering was missing, and comes";
    RepairGivenUp "a Pi gives up what is missing in a stream";
    HeldFull "a batch behind what is missing finds no room to wait";
    RepairedWhole "a Pi that had missed something, and got it all, ends with all books live";
    LossTold "a Pi is told of lost numbers";
    CopyDropped "a Pi is told the same again";
    Rejected "a book refuses an event";
    Foreign "a frame of another run comes to a Pi";
    PiSilent "a Pi hears nothing of a stream";
    PiHeard "a Pi hears its streams again";
    PiRefused "a Pi is told to wait";
    StartedAgain "a Pi has started again before its former self counted as dead";
    JoinedInRun "a Pi joins while the feed runs";
    LostPi "a Pi dies for good";
    PartitionTaken "a Pi takes a partition that has too few replicas";
    NobodyTakes "a partition has too few replicas, and nobody is there to take it";
    ReplicatedAgain "without a Pi that died for good, all partitions have all replicas again";
    ThawedFenced "a Pi that counted as dead speaks again and has to join anew";
    HeldAgain "a stream waits for somebody again after it waited for nobody";
    NextDay "a run follows one that has ended";
    PiChangesRun "a Pi joins another run";
    NodeDied "the controller takes a Pi for dead";
    Orphaned "a partition has no replica left";
    FinishedWithout "the controller leaves without a Pi that has not said farewell";
    OutcomeGood "a run ends well";
    OutcomeBad "a run ends with a partition that nobody holds";
    PageMissed "the page misses something of a node";
    PageAnswered "a node tells the page its state anew";
    PageBuries "the page takes a node for dead";
    PageReturns "a node that the page thought dead is heard again";
    PageNewRun "the page shows another run afresh";
    PageCopy "a twin tells the page what it knows";
    PageUntrusted "the page passes over a word that is not the best";
    PageForeign "the page hears of another run";
    RowSilent "a row is silent";
    ResetRead "a numbering begins";
    FailoverRead "a failover begins";
    SettledRead "a failover ends";
    BegunLate "reading begins in the middle of the day";
    Contested "two channels claim a symbol";
    FeedDefined "the feed defines a symbol that no file has";
    RowPartial "a row is partial";
    RowRecovering "a row is recovering";
    TwinsEqual "the live books of twins are equal at the end";
    LostNothing "a Pi that has missed nothing, in a run with faults or not, ends with all books live";
    AllHealed "a book that one replica has live at the end is live on all";
    WholeAgain "all rows are what the best replica says at the end";
    DeadController "the controller is killed for good";
    WentOn "a controller goes on with the run of another one";
    WentOnWithout "a controller goes on with a run without one of its Pis";
    WentOnWhole "controllers go on with the run of each other, and no Pi loses anything";
    FoundLater "a Pi comes back to a run that another controller has gone on with";
    ReadAgain "a controller reads again what another one has read";
    AnotherDay "a controller begins to play something else";
}

/// How often each mark was hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks([u64; Mark::ALL.len()]);

impl Default for Marks {
    fn default() -> Self {
        Self([0; Mark::ALL.len()])
    }
}

impl Marks {
    /// Counts one hit of a mark.
    pub fn hit(&mut self, mark: Mark) {
        self.count(mark, 1);
    }

    /// Counts `times` hits of a mark.
    pub fn count(&mut self, mark: Mark, times: u64) {
        if let Some(count) = self.0.get_mut(mark as usize) {
            *count += times;
        }
    }

    /// Returns how often a mark was hit.
    #[must_use]
    pub fn of(&self, mark: Mark) -> u64 {
        self.0.get(mark as usize).copied().unwrap_or(0)
    }

    /// Adds the hits of another simulation.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// Returns the marks that were never hit.
    pub fn missing(&self) -> impl Iterator<Item = Mark> + '_ {
        Mark::ALL.iter().copied().filter(|&mark| self.of(mark) == 0)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
