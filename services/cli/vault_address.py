"""Where the vault answers, by what its own settings say."""

from services.vault.settings import VaultSettings


def vault_url() -> str:
    """The vault's address; KVOTA_VAULT_HOST and KVOTA_VAULT_PORT change it."""
    settings = VaultSettings()
    return f"http://{settings.host}:{settings.port}"
