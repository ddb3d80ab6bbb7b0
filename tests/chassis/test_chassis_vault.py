"""What lies closed: it opens in its place alone, under a key that closed it, and goes over to another page by page."""

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from chassis.vault import Lying, Vault, VaultSettings, WrongKey, close_anew

OLD, NEW, THIRD = "o" * 32, "n" * 32, "t" * 32
PURPOSE = b"tests"


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_it_opens_in_its_place_alone_by_the_key_that_closed_it(text: bytes, place: str) -> None:
    """Another place, key or purpose and one changed bit are refused; the same text never looks the same."""
    vault = Vault(PURPOSE, [OLD])
    closed = vault.close(text, place)
    assert vault.open(closed, place) == Vault(PURPOSE, [NEW, OLD]).open(closed, place) == text
    assert text not in closed or len(text) < 3
    assert vault.close(text, place) != closed
    for other, where in ((vault, place + "x"), (Vault(PURPOSE, [NEW]), place), (Vault(b"else", [OLD]), place)):
        with pytest.raises(WrongKey, match="DUTIFUL_VAULT_KEY"):
            other.open(closed, where)
    with pytest.raises(WrongKey):
        vault.open(closed[:-1] + bytes([closed[-1] ^ 1]), place)


def test_other_keys_are_words_of_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are separated by spaces, each as long as the key; what is wrong is told without them."""
    monkeypatch.setenv("DUTIFUL_DATABASE_URL", "postgresql://nowhere")
    monkeypatch.setenv("DUTIFUL_VAULT_KEY", NEW)
    assert VaultSettings().vault_other_keys == ()
    monkeypatch.setenv("DUTIFUL_VAULT_OTHER_KEYS", f"{OLD} {THIRD}")
    assert VaultSettings().vault_other_keys == (SecretStr(OLD), SecretStr(THIRD))
    monkeypatch.setenv("DUTIFUL_VAULT_OTHER_KEYS", "short-but-secret")
    with pytest.raises(ValidationError, match="vault_other_keys") as refused:
        VaultSettings()
    assert "short-but-secret" not in str(refused.value)


@pytest.mark.servers
async def test_everything_goes_over_to_the_present_key(database: str) -> None:
    """More rows than a page are closed anew, what is gone stays gone, again does nothing, and the check is last."""
    connection = await asyncpg.connect(database)
    await connection.execute(
        """
        CREATE TABLE note (a text, b integer, closed bytea, PRIMARY KEY (a, b));
        CREATE TABLE vault_check (only_one boolean PRIMARY KEY, closed bytea NOT NULL);
        """
    )
    old, both, new = Vault(PURPOSE, [OLD]), Vault(PURPOSE, [NEW, OLD]), Vault(PURPOSE, [NEW])
    rows = [(f"n{nth % 7}", nth, old.close(b"%d" % nth, f"note/n{nth % 7}/{nth}")) for nth in range(1200)]
    rows.append(("mine", 0, new.close(b"new", "note/mine/0")))
    await connection.executemany("INSERT INTO note VALUES ($1, $2, $3)", [*rows, ("gone", 1, None)])
    await connection.execute("INSERT INTO vault_check VALUES (true, $1)", old.close(b"{}", "vault_check"))
    tables = [Lying("note", ("a", "b"), lambda a, b: f"note/{a}/{b}")]
    with pytest.raises(WrongKey):
        await close_anew(connection, new, tables)
    assert old.open(await connection.fetchval("SELECT closed FROM vault_check"), "vault_check")
    assert await close_anew(connection, both, tables) == 1201
    assert await close_anew(connection, both, tables) == await close_anew(connection, new, tables) == 0
    found = await connection.fetch("SELECT a, b, closed FROM note WHERE closed IS NOT NULL")
    assert all(new.open(row["closed"], f"note/{row['a']}/{row['b']}") in {b"new", b"%d" % row["b"]} for row in found)
    assert len(found) == 1201
    await connection.close()
