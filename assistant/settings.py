"""Settings, read once from the environment (prefix `DAOZHEN_`) or a `.env` file."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that a hospital sets. `docs/settings.md` describes each for administrators."""

    model_config = SettingsConfigDict(
        env_prefix="DAOZHEN_", env_file=".env", extra="ignore", populate_by_name=True
    )

    home: Path = Path.home() / ".cache" / "daozhen"
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    database: str = ""
    catalogue: Path | None = None
    weights: Path | None = None
    model: str = Field(
        default="qwen2.5-0.5b", validation_alias=AliasChoices("MODEL", "DAOZHEN_MODEL", "model")
    )
    use_model: bool = True
    hub: bool = Field(default=False, description="allow the Hugging Face hub for MODEL names")
    server: str = Field(default="", description="an OpenAI-compatible server that has MODEL")
    server_key: SecretStr = SecretStr("none")
    secret: SecretStr = Field(default=SecretStr(""), description="what cookies are signed with")
    reading_seconds: float = Field(default=45, gt=0)
    horizon_days: int = Field(default=14, ge=1, le=90)
    notice_minutes: int = Field(default=20, ge=0)
    reset_seconds: int = Field(default=120, ge=20)
    emergency_phone: str = "120"

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL: the one given, or a SQLite file in `home`."""
        return self.database or f"sqlite:///{self.home / 'records.sqlite'}"

    @property
    def imported_catalogue(self) -> Path:
        """Where `daozhen import` leaves a hospital's own catalogue."""
        return self.home / "catalogue.json"

    @property
    def learned(self) -> Path:
        """Where `daozhen learn` leaves what past visits teach."""
        return self.home / "learned.npz"
