from tests.factories import *
from tests.history import *
def test_a(session):
    t = make_tenant(sip_domain="a.example.com", meta_data={"a":[1,{"b":None}]}); u = make_user(password="x"*10)
    revise(t, Action.TENANT_SIP, sip_domain="b.example.com")
    make_user("owner", tenant=t)
    assert_audited(Action.USER_CREATED)
    assert_history_holds()
