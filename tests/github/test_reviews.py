"""The sticky comment."""

from concurrent.futures import ThreadPoolExecutor

from github import Github

from layer_action.github.reviews import GitHubReviews, RunStamp
from layer_action.github.session import connect
from layer_action.model.function import Unknown
from tests.github.conftest import IMPATIENT
from tests.standins.github.faults import Fault, cut_off, first, lost_answer, primary_limit, secondary_limit
from tests.standins.github.records import BOT, Comment, Token
from tests.standins.github.server import FakeGitHub

MARKER = "<!-- lambda-layer-action:production -->"
BODY = f"{MARKER}\n### Lambda layers: 1 of 3 changes\n"


def reviews(session: Github, run: int = 10, attempt: int = 1) -> GitHubReviews:
    return GitHubReviews(session, "octo/shop", run=RunStamp(run, attempt))


def upsert(session: Github, body: str = BODY, *, run: int = 10, attempt: int = 1, create: bool = True) -> str | Unknown:
    return reviews(session, run, attempt).upsert(7, marker=MARKER, body=body, create=create)


def test_the_first_comment_is_created_and_its_url_returned(hub: FakeGitHub, session: Github) -> None:
    url = upsert(session)
    (comment,) = hub.comments()
    assert comment.body.startswith(BODY.rstrip())
    assert comment.login == BOT
    assert url == f"{hub.url}/octo/shop/pull/7#issuecomment-{comment.id}"


def test_a_second_run_edits_the_same_comment(hub: FakeGitHub, session: Github) -> None:
    upsert(session)
    upsert(session, BODY.replace("1 of 3", "2 of 3"), run=11)
    (comment,) = hub.comments()
    assert "2 of 3" in comment.body
    assert comment.edits == 1


def test_a_rerun_that_says_the_same_writes_nothing(hub: FakeGitHub, session: Github) -> None:
    upsert(session)
    hub.log.clear()
    upsert(session, attempt=2)
    assert hub.writes() == []


def test_nothing_is_created_where_only_an_update_was_asked_for(hub: FakeGitHub, session: Github) -> None:
    assert isinstance(upsert(session, create=False), Unknown)
    assert hub.writes() == []


def test_an_existing_comment_is_updated_when_nothing_is_affected_any_more(hub: FakeGitHub, session: Github) -> None:
    upsert(session)
    upsert(session, f"{MARKER}\nNo layer changes.", run=11, create=False)
    assert "No layer changes." in hub.comments()[0].body


def test_a_strangers_comment_with_our_marker_is_left_alone(hub: FakeGitHub, session: Github) -> None:
    forged = hub.comment(hub.repository, 7, "mallory", BODY)
    ghost = hub.comment(hub.repository, 7, None, BODY)
    upsert(session)
    assert (forged.edits, ghost.edits, len(hub.comments())) == (0, 0, 3)


def test_our_other_comments_are_left_alone(hub: FakeGitHub, session: Github) -> None:
    staging = hub.comment(hub.repository, 7, BOT, "<!-- lambda-layer-action:staging -->\nx")
    quoting = hub.comment(hub.repository, 7, BOT, f"> {MARKER}\n> quoted")
    upsert(session)
    assert (staging.edits, quoting.edits, len(hub.comments())) == (0, 0, 3)


def test_our_comment_is_found_on_the_last_of_many_pages(hub: FakeGitHub, session: Github) -> None:
    for number in range(230):
        hub.comment(hub.repository, 7, "ann", f"comment {number}")
    ours = hub.comment(hub.repository, 7, BOT, BODY)
    upsert(session, f"{MARKER}\nnew")
    assert ours.edits == 1
    assert len(hub.comments()) == 231


def test_without_graphql_the_bot_of_actions_is_assumed(hub: FakeGitHub, session: Github) -> None:
    hub.has_graphql = False
    ours = hub.comment(hub.repository, 7, BOT, BODY)
    upsert(session, f"{MARKER}\nnew")
    assert ours.edits == 1


def test_a_personal_token_finds_its_own_comment_without_graphql(hub: FakeGitHub) -> None:
    hub.has_graphql = False
    ours = hub.comment(hub.repository, 7, "ann", BODY)
    bots = hub.comment(hub.repository, 7, BOT, BODY)
    with connect(hub.env, "person", patience=IMPATIENT) as session:
        upsert(session, f"{MARKER}\nnew")
    assert (ours.edits, bots.edits) == (1, 0)


def test_the_comment_of_another_app_is_found_though_graphql_fails_at_first(hub: FakeGitHub) -> None:
    hub.tokens["app"] = Token(login="layers[bot]")
    with connect(hub.env, "app", patience=IMPATIENT) as session:
        upsert(session)
        hub.faults.add("POST", "^/graphql$", Fault(status=502), times=2)
        upsert(session, BODY.replace("1 of 3", "2 of 3"), run=11)
    (comment,) = hub.comments()
    assert comment.login == "layers[bot]"
    assert "2 of 3" in comment.body


def test_nothing_is_posted_while_nobody_tells_whom_the_token_writes_as(hub: FakeGitHub, session: Github) -> None:
    upsert(session)
    hub.faults.add("POST", "^/graphql$", Fault(status=502), times=3)
    answer = upsert(session, BODY.replace("1 of 3", "2 of 3"), run=11)
    assert isinstance(answer, Unknown)
    assert "ask whom the token writes as" in answer.reason
    assert [comment.edits for comment in hub.comments()] == [0]


def test_duplicates_converge_to_the_oldest(hub: FakeGitHub, session: Github) -> None:
    kept, *_ = [hub.comment(hub.repository, 7, BOT, f"{BODY}{number}") for number in range(3)]
    upsert(session, f"{MARKER}\nnew")
    assert hub.comments() == [kept]
    assert "new" in kept.body


def test_two_runs_at_once_leave_one_comment_that_says_what_the_newer_says(hub: FakeGitHub, session: Github) -> None:
    theirs = RunStamp(11, 1).sign(f"{MARKER}\nfrom run 11")
    hub.faults.add("POST", "/comments$", first(lambda: void(hub.comment(hub.repository, 7, BOT, theirs))))
    outcome = upsert(session, f"{MARKER}\nfrom run 10", run=10)
    (comment,) = hub.comments()
    assert "from run 11" in comment.body
    assert isinstance(outcome, Unknown)


def test_matrix_legs_that_start_together_leave_one_comment(hub: FakeGitHub) -> None:
    def leg(run: int) -> str | Unknown:
        with connect(hub.env, "writer", patience=IMPATIENT) as session:
            return upsert(session, f"{MARKER}\nfrom run {run}", run=run)

    with ThreadPoolExecutor() as pool:
        for round_ in range(5):
            hub.repository.comments.clear()
            runs = [10 * round_ + leg_ for leg_ in range(1, 5)]
            list(pool.map(leg, runs))
            upsert_last = leg(runs[-1])
            assert isinstance(upsert_last, str)
            assert [f"from run {runs[-1]}" in comment.body for comment in hub.comments()] == [True]


def test_a_listing_that_is_behind_does_not_lose_the_new_comment(hub: FakeGitHub, session: Github) -> None:
    def hide_the_new_one() -> None:
        hidden.update(hub.repository.comments)
        hub.repository.comments.clear()

    hidden: dict[int, Comment] = {}
    hub.faults.add("GET", "/comments$", first(lambda: None))
    hub.faults.add("GET", "/comments$", first(hide_the_new_one))
    url = upsert(session)
    (number,) = hidden
    assert isinstance(url, str)
    assert url.endswith(f"-{number}")


def test_the_newer_of_two_runs_at_once_wins(hub: FakeGitHub, session: Github) -> None:
    theirs = RunStamp(9, 1).sign(f"{MARKER}\nfrom run 9")
    hub.faults.add("POST", "/comments$", first(lambda: void(hub.comment(hub.repository, 7, BOT, theirs))))
    outcome = upsert(session, f"{MARKER}\nfrom run 10", run=10)
    (comment,) = hub.comments()
    assert "from run 10" in comment.body
    assert isinstance(outcome, str)


def test_a_rerun_of_an_old_run_does_not_overwrite_a_newer_one(hub: FakeGitHub, session: Github) -> None:
    upsert(session, f"{MARKER}\nnew", run=20)
    outcome = upsert(session, f"{MARKER}\nold", run=10, attempt=2)
    assert "new" in hub.comments()[0].body
    assert isinstance(outcome, Unknown)
    assert "newer run" in outcome.reason


def test_a_newer_run_signs_a_comment_that_says_the_same(hub: FakeGitHub, session: Github) -> None:
    upsert(session, run=10)
    upsert(session, run=12)
    upsert(session, f"{MARKER}\nslow run between", run=11)
    assert "slow run" not in hub.comments()[0].body


def test_a_lost_answer_posts_nothing_twice(hub: FakeGitHub, session: Github) -> None:
    for fault in (lost_answer(), cut_off()):
        hub.repository.comments.clear()
        hub.faults.add("POST", "/comments$", fault)
        assert isinstance(upsert(session), str)
        assert len(hub.comments()) == 1


def test_a_server_error_before_anything_was_done_is_overcome(hub: FakeGitHub, session: Github) -> None:
    hub.faults.add("POST", "/comments$", lost_answer(503))
    hub.faults.add("GET", "/comments$", lost_answer(502), times=2)
    assert isinstance(upsert(session), str)
    assert len(hub.comments()) == 1


def test_a_secondary_rate_limit_is_waited_for(hub: FakeGitHub, session: Github) -> None:
    hub.faults.add("POST", "/comments$", secondary_limit())
    assert isinstance(upsert(session), str)
    assert len(hub.comments()) == 1


def test_an_hour_of_rate_limit_is_not_waited_for(hub: FakeGitHub, session: Github) -> None:
    for status in (403, 429):
        hub.faults.add("GET", "/comments$", primary_limit(4_000_000_000, status=status))
        outcome = upsert(session)
        assert isinstance(outcome, Unknown)
        assert "rate limit" in outcome.reason


def test_a_forks_read_only_token_is_no_failure_and_names_the_permissions(hub: FakeGitHub) -> None:
    with connect(hub.env, "reader", patience=IMPATIENT) as session:
        outcome = upsert(session)
    assert isinstance(outcome, Unknown)
    assert "pull-requests: write" in outcome.reason
    assert hub.comments() == []


def test_other_refusals_are_reasons_too(hub: FakeGitHub, session: Github) -> None:
    hub.repository.pulls[7].locked = True
    assert "locked" in reason(upsert(session))
    del hub.repository.pulls[7]
    assert "404" in reason(upsert(session))
    with connect(hub.env, "nonsense", patience=IMPATIENT) as strange:
        assert "401" in reason(upsert(strange))
    with connect(hub.env, "stranger", patience=IMPATIENT) as strange:
        assert "404" in reason(upsert(strange))


def test_a_proxys_page_instead_of_an_answer_is_a_reason(hub: FakeGitHub, session: Github) -> None:
    hub.faults.add("GET", "/comments$", Fault(status=200, raw=b"<html>please log in</html>"))
    assert "GITHUB_API_URL" in reason(upsert(session))
    assert hub.writes() == []


def test_no_github_at_all_is_a_reason() -> None:
    with connect({"GITHUB_API_URL": "http://127.0.0.1:1"}, "writer", patience=IMPATIENT) as session:
        assert "could not be reached" in reason(upsert(session))


def test_a_renamed_repository_gets_its_comment_under_the_new_name(hub: FakeGitHub, session: Github) -> None:
    hub.repository.full_name = "octo/store"
    hub.moved["octo/shop"] = hub.repository
    url = upsert(session)
    assert isinstance(url, str)
    assert "octo/store" in url
    assert len(hub.comments()) == 1


def test_a_body_above_the_limit_is_cut(hub: FakeGitHub, session: Github) -> None:
    upsert(session, BODY + "| a | b |\n" * 20_000)
    (comment,) = hub.comments()
    assert len(comment.body) <= 65_536
    assert "Cut here" in comment.body
    assert RunStamp.of(comment.body) == RunStamp(10, 1)


def test_a_body_without_the_marker_gets_it(hub: FakeGitHub, session: Github) -> None:
    upsert(session, "plain")
    upsert(session, "plainer", run=11)
    (comment,) = hub.comments()
    assert comment.body.splitlines()[:2] == [MARKER, "plainer"]


def reason(outcome: str | Unknown) -> str:
    assert isinstance(outcome, Unknown)
    return outcome.reason


def void(_: object) -> None:
    """Drop a value: the callback returns nothing."""


def test_on_a_server_of_ones_own_an_apps_comment_is_found_by_its_viewer() -> None:
    with FakeGitHub(enterprise=True) as hub:
        hub.tokens["app"] = Token(login="layers[bot]")
        with connect(hub.env, "app", patience=IMPATIENT) as session:
            urls = {upsert(session, run=run) for run in (10, 11)}
        assert len(hub.comments()) == 1
        assert urls == {f"{hub.url}/octo/shop/pull/7#issuecomment-{hub.comments()[0].id}"}
        assert hub.violations == []


def test_environments_have_comments_side_by_side(hub: FakeGitHub, session: Github) -> None:
    for run in (10, 11):
        for name in ("production", "staging"):
            marker = f"<!-- lambda-layer-action:{name} -->"
            reviews(session, run).upsert(7, marker=marker, body=f"{marker}\n{name} {run}", create=True)
    assert [comment.body.splitlines()[1] for comment in hub.comments()] == ["production 11", "staging 11"]
