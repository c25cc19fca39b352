"""After random steps through all routes the history holds and tells the current state."""

from tests.web.walk import Walk


class TestRandomWalk:
    def test_leaves_a_chain_that_tells_the_current_state(self, app, sign_in, secrets, request):
        secrets |= {"a long password", "another password"}
        walk = Walk(app, sign_in, seed=request.config.getoption("--walk-seed"))
        walk.steps(request.config.getoption("--walk"))
        walk.judge()
        assert {200, 303, 403, 404, 409, 422} <= walk.answers.keys(), walk.answers
        assert max(walk.answers) < 500, walk.answers
