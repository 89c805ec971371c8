"""Who may change what an account owns: several at a time or, for an import, one alone."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shelf.accounts.models import Account


async def share_account(session: AsyncSession, account_id: int) -> None:
    """Let nobody have the account alone until the commit; wait for whoever has it."""
    # A new row locks its account by itself, but late: when the row is there already, and others wait for it.
    mine = select(Account.id).where(Account.id == account_id)
    await session.execute(mine.with_for_update(read=True, key_share=True))


async def have_account_alone(session: AsyncSession, account_id: int) -> None:
    """Let nobody else add to what an account owns until the commit; wait for those who have begun."""
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
