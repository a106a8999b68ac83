"""The rows of the failure table, and the pairs that are most dangerous, each with its reason."""

import faults as f
from etcd_faults import EtcdFull, EtcdLost
from history_faults import EtcdSetBack, NewerFormat, OldCopy, OnXFS
from kill_faults import KilledAtCalls


def rows():
    """Each fault alone; first those after which all data are copied, while there are few."""
    return [
        f.LostDisk("follower"), f.FailingDisk("follower"), f.TwoLives("follower"), OldCopy("follower"), EtcdLost(),
        EtcdSetBack(), NewerFormat(), KilledAtCalls("follower"),
        f.ServerKilled(), f.EtcdKilled("leader"), f.EtcdKilled("follower"), f.PowerCut("leader"), f.EveryPowerCut(),
        f.Partition("leader"), f.Partition("follower"), f.OneWay("leader", "--mute"), f.OneWay("leader", "--deaf"),
        f.Stopped("leader"), f.FrozenDisk("leader"), f.BadNetwork(), f.FullDisk("follower"), f.TwoDown(),
        f.WrongClock("follower"), f.Dead("other"),
    ]


def pairs():
    """Two at a time: the second begins while the first lasts, and the first is mended while the second lasts."""
    return [
        (f.EtcdKilled("leader"), f.ServerKilled("follower"),
         "a new leader, while a server comes back and reads what the old one had promised"),
        (f.PowerCut("leader"), f.ServerKilled("follower"),
         "what the dead machine alone had applied is read by one that has just lost its memory"),
        (f.Partition("leader"), f.ServerKilled("leader"),
         "a life begins beside an etcd that still believes to lead, with requests of the life before under way"),
        (f.OneWay("leader", "--mute"), f.EtcdKilled("follower"),
         "followers elect beside a leader that hears them, and one of them forgets nothing but its connections"),
        (f.Stopped("leader"), f.PowerCut("follower"),
         "no majority; then a leader that wakes up in the past while the other comes back from its disk"),
        (f.FullDisk("follower"), f.EtcdKilled("leader"),
         "two of three etcds are needed, and one of them has no room"),
        (f.BadNetwork(), f.ServerKilled("leader"),
         "requests of the life before arrive late, and twice"),
        (f.BadNetwork(), f.EtcdKilled("leader"),
         "elections that need several rounds: answers are lost while batches are agreed"),
        (f.FrozenDisk("leader"), f.Partition("follower"),
         "the leader promises what it has not written, and loses the only one that could bear witness"),
        (f.LostDisk("follower"), f.ServerKilled("other"),
         "the copy is taken while another server is missing: everything must be kept for two at once"),
        (f.TwoLives("follower"), f.EtcdKilled("leader"),
         "which life is the newer one is decided by an election's outcome"),
        (f.Dead("other"), f.PowerCut("leader"),
         "a long backlog is read from a majority of which one half was just restored"),
        (f.PowerCutTwice("follower"), f.EtcdKilled("leader"),
         "the journal is cut behind the last mark twice, at another place each time"),
        (f.FailingDisk("follower"), f.ServerKilled("leader"),
         "a server that can say nothing more, beside one that asks for all again"),
        (f.Partition("follower"), f.EveryPowerCut(),
         "one has missed agreed batches when everybody starts anew"),
    ]


def last():
    """What leaves another file system behind, and then large files, which make every later start of an etcd slow."""
    return [OnXFS("follower"), EtcdFull()]
