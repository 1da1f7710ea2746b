"""Rules of feeds: pure functions of a feed's state and of what it just sent, or did not.

Rules kept here:
  * A rule doubts before it fires: what is half way there holds back the clean point, and teaches nothing.
  * Who always keeps a connection open, and has none, is not judged by how often they speak: it says so at once (C7).
  * Messages that their sender kept while it could not send (made BACKLOG_S before they came) are a backlog, no burst.
"""

from collections.abc import Iterator
from math import ceil, lgamma, log, sqrt

from contrefeu.watch.profile import LEARNED_DAYS, Feed
from contrefeu.watch.seen import Heard, Signal
from contrefeu.watch.windows import DAY, FADE_A_DAY, HOUR, WRONG_A_WEEK, Count, by_chance, clocks_change, hour_of_week

BACKLOG_S = 900.0  # s; a message that is older came late, and says nothing of how many there are now
LAG_WEIGHT = 0.01  # of each message in what is usual between making and receiving: a wrong zone is usual too
LAG_WEIGHT_FAR = 0.0001  # the same of one that is far off: a backlog of hundreds teaches nothing
SILENCE_S_MIN = 300.0  # s; C7: five minutes, where a message a second is usual
SILENT_LEAST = 10.0  # messages that should have come, that are never missed by chance: once in 22,000 times
SILENT_HABIT = 2.0  # fewer than what chance brings, from which on a normal gap was no chance, but a habit
SILENT_TIMES = 1.6  # such a gap
ADT_DAY = range(8, 18)  # hours on the wall at which an ADT feed, and so each admission, is missed sooner (C7)
ADT_WRONG_A_WEEK = 0.05  # alarms by chance of one such feed: five minutes always would cost some days a week
DOUBTED_MISSED = 7.0  # messages that should have come: once in a thousand times by chance
NEW_TIMES = 2.0  # as much for a feed without a habit, which must have said
NEW_STEADY = 10  # messages in each of the last hours
QUIET_S_MIN = 6 * 3600.0  # s; a feed that speaks now and then is not missed sooner
QUIET_TIMES = 2.2  # its longest normal gap
LINKED_LOOKS = 2_880  # that the share of looks at which a feed had a connection is a mean of: a day's
LINKED_LEAST = 0.98  # of them, of a feed that keeps one open: who opens one for each message is met with a few
UNLINKED_TIMES = 1.4  # the longest that a feed has no connection on any day but one
TOGETHER_S_MIN = 240.0  # s; a restart of the interface engine takes three minutes
TOGETHER_FEEDS_MIN = 3  # two may share a server
TOGETHER_TIMES = 0.8  # the longest normal gap, of each
TOGETHER_EACH = 2.0  # messages that each of them should have sent since the last of them spoke
TOGETHER_MISSED = 18.0  # and all of them together, plus what the choice of these among many feeds explains
NEW_MESSAGES_MIN = 5  # of a kind or a writing that was never met before: one may be a mistake
AHEAD_S = 300.0  # s that a message may be made before it is received: clocks of hospitals differ
AHEAD_MESSAGES_MIN = 3  # in a row: one may be a mistake, and two the same
BEHIND_MESSAGES_MIN = 5  # with the same lag for two minutes, of BEHIND_OF in a row: of a queue it would have shrunk
BEHIND_OF = 12  # among which an engine that restarts may put some that came late as well
BEHIND_ROW = 4  # with the same lag for two minutes, of as many in a row: where five take longer, few came
BEHIND_S_MIN = 1200.0  # s; a sender that batches for a quarter of an hour is not late
BEHIND_SPREAD_S_MAX = 120.0  # s between the lags of a clock that stands still beside ours: a backlog shrinks
SUMMER_S = 3600.0  # s; what a clock that was not put forward is off
BAD_DOCUMENTS = {"sealed": 2, "broken": 5}  # one may be a line that was disturbed
BAD_WITHIN = {"sealed": DAY, "broken": HOUR}  # s; ciphertext is never usual, so a slow sealing counts too
BAD_KEPT_MAX = 200  # of a day
BAD_TIMES = 5.0  # the share that is normal
SAME_PATIENTS_MIN = 12  # that get the same text in a day
SAME_TIMES = 2.0
TEXTS_MAX = 500  # remembered of one feed
KINDS_MAX = 500  # kinds, and writings, remembered of one feed: senders may invent them

# group -> (most in ten minutes, most in a day) that is never an alarm, however rare it was before; 0: not judged
FLOORS: dict[str, tuple[int, int]] = {
    "": (300, 0),
    "merge": (6, 25),
    "delete": (8, 40),
    "cancel": (20, 150),
    "update": (120, 0),
}
# group -> most in an hour that is never an alarm: an identity office at work merges one each six minutes
FLOORS_HOUR = {"merge": 10, "delete": 16}
# group -> fewest in up to an hour that can be too many for chance: less is one person at work for a moment
FLOORS_RARE = {"merge": 5, "delete": 8}
BURSTS = {"": "feed-burst", "merge": "merges", "delete": "deletes", "cancel": "cancellations", "update": "updates"}
SLOT_TIMES, HOUR_TIMES, DAY_TIMES = 2.2, 1.7, 1.7  # the peaks that are normal


def heard_signals(feed: Feed, one: Heard, zone: str) -> Iterator[Signal]:
    """What a message gives away; the feed's state learns from it."""
    if one.said:
        _learn_lag(feed, one.at - one.said)
    yield from _counted(feed, one)
    if one.size > one.size_max > 0:
        seen = {"bytes": float(one.size), "usual_at_most": float(one.size_max)}
        yield Signal("message-large", one.source, one.at, one.at, seen, [one.ref])
    yield from _new(feed, one, "kind-new", one.kind, feed.kinds, feed.new_kinds)
    if one.shape:
        yield from _new(feed, one, "sender-changed", one.shape, feed.shapes, feed.new_shapes)
    if one.said:
        yield from _clock(feed, one, zone)
    if one.documents:
        yield from _documents(feed, one)
    for patient, text in ((one.patient, one.text), *one.others):
        if text and patient:
            yield from _same(feed, one, patient, text)


def _learn_lag(feed: Feed, lag: float) -> None:
    if feed.messages == 1:
        feed.lag = lag
    off = lag - feed.lag
    feed.lag += (LAG_WEIGHT if abs(off) < AHEAD_S else LAG_WEIGHT_FAR) * off


def _counted(feed: Feed, one: Heard) -> Iterator[Signal]:
    feed.spans_first = feed.spans_first or one.at
    if not feed.learned(one.at) and one.said and one.at - one.said > BACKLOG_S:
        return  # a house that is being connected tells its past: no habit of the feed, and no attack
    late = bool(one.said) and one.at - one.said > feed.lag + BACKLOG_S
    settled = feed.learned_spans(one.at)
    for group in dict.fromkeys(("", one.group)) if not late else {one.group} - {"", "update"}:
        count = feed.counts.setdefault(group, Count())
        count.add(one.at, one.ref, many=one.many if group else 1, learn=not feed.doubted_from)
        floor, floor_day = FLOORS[group]
        times = 1.0 if feed.learned(one.at) else 4.0
        limit = times * max(floor, SLOT_TIMES * count.peak_slot + 3 * sqrt(count.peak_slot))
        limit_day = times * max(floor_day, DAY_TIMES * count.peak_day + 3 * sqrt(count.peak_day))
        if count.here > limit:
            seen = {"in_ten_minutes": float(count.here), "usual_at_most": round(count.peak_slot, 1)}
            yield Signal(BURSTS[group], one.source, one.at, count.first_at, seen, count.first[:])
        elif group in FLOORS_HOUR and count.hour > (1 if settled else 4) * max(FLOORS_HOUR[group], _hour_limit(count)):
            seen = {"in_an_hour": float(count.hour), "usual_at_most": round(count.peak_hour, 1)}
            yield Signal(BURSTS[group], one.source, one.at, count.hour_since, seen, count.first[:])
        elif group in FLOORS_RARE and settled and (rare := _rare(feed, count, one.at, FLOORS_RARE[group])):
            seen = {"within_minutes": rare[0], "there": rare[1], "usual_at_most": round(rare[2], 1)}
            yield Signal(BURSTS[group], one.source, one.at, count.hour_since, seen, count.first[:])
        elif floor_day and count.day > limit_day:
            seen = {"in_a_day": float(count.day), "usual_at_most": round(count.peak_day, 1)}
            since = min(count.hours) * HOUR
            yield Signal(BURSTS[group], one.source, one.at, float(since), seen, count.first[:])
        elif group and count.here > max(3, limit / 2):
            feed.doubted(one.at)


def _hour_limit(count: Count) -> float:
    return HOUR_TIMES * count.peak_hour + sqrt(count.peak_hour)


def _rare(feed: Feed, count: Count, at: float, floor: int) -> tuple[float, float, float] | None:
    """Minutes, how many there are, and at most were: more than is a habit in as long a time, and than chance brings.

    What is usual is the share that they have in all that the feed says: at night that is next to nothing. Each of them
    may be the last of a chance crowd, so a week has as many chances as it has of them. That there are six lengths of
    time adds none: FLOORS_RARE and the habit keep out more than they bring.
    """
    everything = feed.counts.get("", count)
    share = count.total / max(1, everything.total)
    chances = count.total * 7 * DAY / max(DAY, at - feed.spans_first)
    for slots, peak in enumerate(count.peaks.habit):
        found, mean = count.last(slots), share * everything.last(slots)
        if found >= floor and found > ceil(peak) and by_chance(found - 1, mean) * chances < WRONG_A_WEEK:
            return 10.0 * (slots + 1), float(found), peak
    return None


def _new(
    feed: Feed, one: Heard, rule: str, name: str, known: dict[str, float], new: dict[str, list[float]]
) -> Iterator[Signal]:
    """A kind of message, or a way of writing, that this feed never had."""
    if name in known or len(known) >= KINDS_MAX:
        return
    if not feed.learned(one.at):
        known[name] = one.at
        return
    times = [at for at in new.get(name, []) if one.at - at < DAY] + [one.at]
    new[name] = times
    if len(times) >= NEW_MESSAGES_MIN:
        del new[name]
        known[name] = one.at
        yield Signal(rule, one.source, one.at, times[0], {"messages": float(len(times))}, [one.ref])


def _clock(feed: Feed, one: Heard, zone: str) -> Iterator[Signal]:
    off = one.said - one.at + feed.lag
    ahead = one.said - one.at + min(feed.lag, 0.0)  # a feed that catches up comes from the past, not from the future
    changed = clocks_change(int(one.at // DAY), zone) and abs(abs(off) - SUMMER_S) < BEHIND_SPREAD_S_MAX
    if changed:
        return
    feed.ahead = feed.ahead + 1 if ahead > AHEAD_S else 0
    if feed.ahead >= AHEAD_MESSAGES_MIN:
        yield Signal("time-jump", one.source, one.at, one.at, {"seconds_ahead": float(round(ahead))}, [one.ref])
    elif feed.ahead:
        feed.doubted(one.at)
    if -off < BEHIND_S_MIN:
        feed.lags.clear()
        return
    feed.lags = [*feed.lags, (one.at, -off)][-BEHIND_OF:]
    if _steady(feed.lags, BEHIND_MESSAGES_MIN) or _steady(feed.lags[-BEHIND_ROW:], BEHIND_ROW):
        seen = {"seconds_behind": float(round(-off))}
        yield Signal("time-jump", one.source, one.at, feed.lags[0][0], seen, [one.ref])


def _steady(late: list[tuple[float, float]], least: int) -> bool:
    """Whether *late* messages came for two minutes, and so many of them have one lag."""
    lags = sorted(lag for _, lag in late)
    alike = zip(lags, lags[least - 1 :], strict=False)  # so many of them, as near to each other as can be
    lasted = late[-1][0] - late[0][0] > BEHIND_SPREAD_S_MAX
    return lasted and any(most - fewest < BEHIND_SPREAD_S_MAX for fewest, most in alike)


def _documents(feed: Feed, one: Heard) -> Iterator[Signal]:
    for verdict in one.documents:
        bad = verdict != "good"
        if bad:
            recent = [old for old in feed.bad if one.at - old[0] < DAY]
            feed.bad = [*recent[-BAD_KEPT_MAX:], (one.at, one.ref, verdict)]
            feed.doubted(one.at)
        else:
            feed.documents += 1
        if not bad or not feed.doubted_from:
            feed.bad_share += (bad - feed.bad_share) / min(1000, feed.documents + len(feed.bad) + 1)
        if not bad:
            continue
        for rule, kind in (("documents-sealed", "sealed"), ("documents-broken", "broken")):
            found = [old for old in feed.bad if old[2] == kind and one.at - old[0] < BAD_WITHIN[kind]]
            of_hour = feed.counts[""].hours.get(int(one.at // HOUR), 1) if "" in feed.counts else 1
            unusual = len(found) / max(1, of_hour) > BAD_TIMES * feed.bad_share or len(found) > 10
            if verdict == kind and len(found) >= BAD_DOCUMENTS[kind] and unusual:
                seen = {"documents": float(len(found)), "usual_share": round(feed.bad_share, 4)}
                yield Signal(rule, one.source, one.at, found[0][0], seen, [ref for _, ref, _ in found[:8]])


def _same(feed: Feed, one: Heard, patient: str, text: str) -> Iterator[Signal]:
    first, patients = feed.texts.pop(text, (one.at, []))
    if one.at - first > DAY:
        if not feed.doubted_from:
            feed.same_peak = max(feed.same_peak, len(patients))
        first, patients = one.at, []
    limit = max(SAME_PATIENTS_MIN, SAME_TIMES * feed.same_peak)
    if patient not in patients and len(patients) <= limit:
        patients.append(patient)
    feed.texts[text] = (first, patients)  # the one last met stands last
    if len(feed.texts) > TEXTS_MAX:
        feed.texts.pop(next(iter(feed.texts)))
    if len(patients) > limit:
        seen = {"patients": float(len(patients)), "usual_at_most": float(feed.same_peak)}
        yield Signal("text-same", one.source, one.at, first, seen, [one.ref])
    elif len(patients) > limit / 2 and len(patients) > feed.same_peak:
        feed.doubted(one.at)


def silence_signals(feeds: dict[str, Feed], at: float, zone: str, resting: frozenset[str]) -> Iterator[Signal]:
    """What is missing now. *resting*: feeds whose maintenance was announced."""
    silent: list[tuple[float, str, float]] = []  # last heard, feed, messages a second
    a_week = sum(one.a_week(at) for one in feeds.values())
    for source, feed in feeds.items():
        gap = at - feed.last
        if gap <= 60 or source in resting:
            continue
        missed = feed.missed(at, zone)
        if gap >= TOGETHER_S_MIN and feed.learned(at) and missed > TOGETHER_TIMES * feed.worst_missed:
            silent.append((feed.last, source, missed / gap))
        if gap < SILENCE_S_MIN:
            continue
        learned = feed.learned(at)
        long = learned and gap > max(QUIET_S_MIN, QUIET_TIMES * feed.longest)
        by_day = hour_of_week(at, zone) % 24 in ADT_DAY
        limit = _silent_from(feed, at, min(a_week, missed / gap * 7 * DAY * len(feeds)), by_day=by_day)
        steady = learned or min(feed.recent, default=0) >= NEW_STEADY
        if long or (steady and missed > limit):
            seen = {"minutes": round(gap / 60, 1), "messages_missed": round(missed, 1)}
            yield Signal("feed-silent", source, at, feed.last, seen, [feed.last_ref])
        elif missed > DOUBTED_MISSED:
            feed.doubted(at)
    yield from _together(feeds, at, sorted(silent))


def unlinked_signals(feeds: dict[str, Feed], at: float) -> Iterator[Signal]:
    """Who neither speaks nor has a connection open, longer than is a habit of theirs."""
    for source, feed in feeds.items():
        known = feed.linked and at - feed.links_first >= LEARNED_DAYS * DAY
        if not known or feed.linked_share < LINKED_LEAST:
            continue
        away = min(at - feed.linked, at - feed.last)
        if away >= max(SILENCE_S_MIN, UNLINKED_TIMES * feed.unlinked_peaks.habit[0]):
            seen = {"minutes": round((at - feed.last) / 60, 1), "minutes_unlinked": round((at - feed.linked) / 60, 1)}
            yield Signal("feed-silent", source, at, feed.last, seen, [feed.last_ref])


def learn_link(feed: Feed, at: float, *, here: bool) -> None:
    """The feed has a connection open, or none: how often, and for how long, is normal unless it was doubted."""
    if here:
        feed.links_first = feed.links_first or at
    if feed.links_first and not feed.doubted_from:
        feed.linked_share += (here - feed.linked_share) / LINKED_LOOKS
        if here and feed.linked:
            feed.unlinked = max(feed.unlinked, at - feed.linked)
    if here:
        feed.linked = at


def _silent_from(feed: Feed, at: float, chances: float, *, by_day: bool) -> float:
    """Missing messages that chance, or a habit of the feed, does not explain.

    Each message of the house may be the last before a chance silence. Where few come, as at night, few may: so much
    of WRONG_A_WEEK as an hour of one of the feeds has is another bound, and *chances* are the fewer. An ADT feed has a
    budget of its own by day, also while its habits are not known.
    """
    enough, times = _never_missed(chances, WRONG_A_WEEK), 1.0 if feed.learned(at) else NEW_TIMES
    if feed.worst_missed >= enough - SILENT_HABIT:
        return times * max(enough, SILENT_TIMES * feed.worst_missed)
    if by_day and feed.speaks("ADT^"):
        return min(enough, _never_missed(feed.a_week(at), ADT_WRONG_A_WEEK))
    return times * enough


def _never_missed(chances: float, wrong_a_week: float) -> float:
    """Messages that chance leaves out in a row less often than that, where each of *chances* a week may be the last."""
    return max(SILENT_LEAST, log(max(1.0, chances) / wrong_a_week))


def _together(feeds: dict[str, Feed], at: float, silent: list[tuple[float, str, float]]) -> Iterator[Signal]:
    """Feeds that all stopped by one instant: what they should have sent since, together."""
    rate, among = 0.0, []
    for last, source, per_second in silent:
        gap = at - last
        if per_second * gap < TOGETHER_EACH:
            continue
        rate += per_second
        among.append(source)
        missed = rate * gap
        if len(among) >= TOGETHER_FEEDS_MIN and missed > TOGETHER_MISSED + _choices(len(feeds), len(among)):
            seen = {"feeds": float(len(among)), "messages_missed": round(missed, 1)}
            yield Signal("feeds-silent", "*", at, last, seen, [feeds[one].last_ref for one in among[:8]])
            return


def _choices(many: int, some: int) -> float:
    """Natural logarithm of how many ways there are to choose *some* of *many*: any of them might be quiet."""
    return lgamma(many + 1) - lgamma(some + 1) - lgamma(many - some + 1)


COLLAPSED = 0.2  # of what an hour should bring
COLLAPSE_MIN = 40.0  # messages that an hour should bring, to be judged: chance never brings a fifth of so many


def collapse_signals(feeds: dict[str, Feed], at: float, zone: str, resting: frozenset[str]) -> Iterator[Signal]:
    """Feeds of which an hour, now over, brought a fraction: they are not silent, and say little."""
    hour = at - HOUR
    for source, feed in feeds.items():
        usual = feed.least(hour, zone)  # not as the last hours show it: they hold the one that is judged
        got = feed.recent[-1] if feed.recent else 0
        excused = source in resting or feed.excused >= hour
        if excused or not feed.learned(at) or usual < COLLAPSE_MIN or not got:
            continue
        if got < COLLAPSED * usual:
            seen = {"in_an_hour": float(got), "usual": round(usual, 1)}
            yield Signal("feed-collapse", source, at, hour, seen, [feed.last_ref])


def learn_gap(feed: Feed, at: float, zone: str) -> None:
    """The feed speaks: how long it was quiet is normal, unless it was doubted.

    In its second week even then: it may speak once a day, and what an hour brings is known since the first.
    """
    gap, second_week = at - feed.last, at - feed.first >= 7 * DAY and not feed.learned(at)
    if feed.last and gap > 60 and (second_week or not feed.doubted_from):
        feed.worst_missed = max(feed.worst_missed, feed.missed(at, zone))
        feed.longest = max(feed.longest, gap)


def fade(feed: Feed) -> None:
    """A day has gone by."""
    feed.worst_missed *= FADE_A_DAY
    feed.longest *= FADE_A_DAY
    feed.unlinked_peaks.fade(FADE_A_DAY)
    feed.unlinked_peaks.learn([feed.unlinked])
    feed.unlinked = 0.0
