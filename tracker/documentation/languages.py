"""The words of AWS's pages in other languages, as data.

A page has the same table in every language; what differs is the header, the months, and the phrases of titles. Each
language names a page of AWS whose table has this header. Phrases are parts of regular expressions; an empty one says
that none is known. None of them may match English words: all are looked for in every page.
"""

from dataclasses import dataclass

__all__ = ["LANGUAGES", "PageLanguage", "with_other_languages", "words_of"]


@dataclass(frozen=True, slots=True)
class PageLanguage:
    """One language's words, in lower case; of words that begin the same the longest comes first."""

    code: str
    """Its code, as HTML has it: `de`."""
    sample: str
    """Address of a page that has the header."""
    change: tuple[str, ...]
    description: tuple[str, ...]
    date: tuple[str, ...]
    policy: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    """January to December; none where days are written in numbers."""
    undecided: tuple[str, ...] = ()
    """What a Date cell says that has no day yet."""
    title_end: str = ""
    """What titles end with."""
    new_policy: str = ""
    tracking: str = ""
    deprecated: str = ""
    renamed: str = ""
    added: str = ""
    removed: str = ""
    condition: str = ""
    scope: str = ""


_DOCS = "https://docs.aws.amazon.com"

LANGUAGES = (
    PageLanguage(
        code="en",
        sample=f"{_DOCS}/emr/latest/ManagementGuide/security-iam-awsmanpol-updates.html",
        change=("changes", "change"),
        description=("description of change", "description"),
        date=("date",),
        policy=("policies", "policy name", "policy"),
        version=("version",),
        months=(
            *("january", "february", "march", "april", "may", "june"),
            *("july", "august", "september", "october", "november", "december"),
        ),
        undecided=("tbd", "to be determined", "to be decided"),
        title_end=r"polic(?:y|ies)|permissions?|actions?|changes",
    ),
    PageLanguage(
        code="ko",
        sample=f"{_DOCS}/ko_kr/connect/latest/adminguide/security_iam_awsmanpol.html",
        change=("변경 사항", "변경"),
        description=("변경 사항 설명", "설명"),
        date=("날짜",),
        policy=("정책 이름", "정책"),
        version=("버전",),
        undecided=("미정",),
        title_end="정책|업데이트|작업|권한",
        new_policy=r"새(?:로운)? [^.]{0,40}정책|^추가(?:됨|했습니다)?\.?$",
        tracking=r"추적(?:하기|을)? ?시작",
        deprecated=r"더 이상 사용되지|사용 중단|관리형 정책 제거\W*$",
        renamed=r"이름 ?(?:이|을)? ?변경",
        added="추가(?:했|하였|되|됨|됐)",
        removed="제거(?:했|하였|되|됨|됐)|더 이상",
        condition="조건",
        scope="범위",
    ),
    PageLanguage(
        code="ja",
        sample=f"{_DOCS}/ja_jp/vpc/latest/privatelink/security-iam-awsmanpol.html",
        change=("変更内容", "変更点", "変更"),
        description=("変更の説明", "説明"),
        date=("日付",),
        policy=("ポリシー名", "ポリシー"),
        version=("バージョン",),
        undecided=("未定",),
        title_end="ポリシー|ポリシーへの更新|ポリシーの更新|更新",
        new_policy="新(?:しい|規)(?:管理)?ポリシー|^新(?:しい|規)",
        tracking="追跡を開始",
        deprecated="非推奨|廃止",
        renamed="名前(?:が|を)?変更",
        added="追加し|追加され|を追加",
        removed="削除し|削除され|を削除",
        condition="条件",
        scope="範囲|スコープ",
    ),
    PageLanguage(
        code="zh",
        sample=f"{_DOCS}/zh_cn/emr/latest/ManagementGuide/security-iam-awsmanpol-updates.html",
        change=("更改", "变更", "更改内容"),
        description=("更改说明", "变更说明", "描述", "说明"),
        date=("日期",),
        policy=("策略名称", "策略"),
        version=("版本",),
        undecided=("待定",),
        title_end="策略|策略的更新|更新|权限",
        new_policy="新(?:的)?(?:托管)?策略",
        tracking="开始跟踪",
        deprecated="已?弃用",
        added="添加了|增加了|新增|已添加",
        removed="删除了|移除了|已(?:删除|移除)",
        condition="条件",
    ),
    PageLanguage(
        code="zh",
        sample=f"{_DOCS}/zh_tw/vpc/latest/privatelink/security-iam-awsmanpol.html",
        change=("變更",),
        description=("變更說明", "描述", "說明"),
        date=("日期",),
        policy=("政策名稱", "政策"),
        version=("版本",),
        title_end="政策|更新|許可",
        new_policy="新(?:的|增)?(?:受管)?政策",
        tracking="開始追蹤",
        added="新增了|已新增|新增",
        removed="移除了|已移除|刪除了",
        condition="條件",
    ),
    PageLanguage(
        code="de",
        sample=f"{_DOCS}/de_de/emr/latest/ManagementGuide/security-iam-awsmanpol-updates.html",
        change=("änderungen", "änderung"),
        description=("beschreibung",),
        date=("datum", "date"),
        policy=("richtlinien", "richtlinie"),
        version=("version",),
        months=(
            *("januar", "februar", "märz", "april", "mai", "juni"),
            *("juli", "august", "september", "oktober", "november", "dezember"),
        ),
        title_end="richtlinien?",
        new_policy=r"\bneue (?:verwaltete )?richtlinien?\b",
        tracking=r"\b(?:nach)?verfolgung\b.{0,60}\b(?:begonnen|begann|gestartet)\b"
        r"|\b(?:begonnen|begann|begonnen hat)\b.{0,60}\b(?:nach)?(?:zu)?verfolg",
        added=r"\bhinzugefügt",
        removed=r"\bentfernt",
        condition=r"\bbedingung",
    ),
    PageLanguage(
        code="fr",
        sample=f"{_DOCS}/fr_fr/codedeploy/latest/userguide/managed-policies-updates.md",
        change=("modifications", "modification", "modifier"),
        description=("description",),
        date=("date",),
        policy=("politiques", "politique", "stratégie"),
        version=("version",),
        months=(
            *("janvier", "février", "mars", "avril", "mai", "juin"),
            *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
        ),
        title_end="(?:politique|stratégie)s?(?: existantes?)?",
        new_policy=r"\bnouvelle (?:politique|stratégie)",
        tracking=r"\ba commencé à .{0,30}?(?:suivre|suivi)",
        added=r"\bajout(?:ée?s?)?\b",
        removed=r"\bsupprimée?s?\b",
        condition=r"\bcondition",
    ),
    PageLanguage(
        code="es",
        sample=f"{_DOCS}/es_es/awsconsolehelpdocs/latest/gsg/document-history.md",
        change=("cambios", "cambio"),
        description=("description (descripción)", "descripción"),
        date=("fecha",),
        policy=("políticas", "política"),
        version=("versión",),
        months=(
            *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
            *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        ),
        title_end="políticas?(?: existentes?)?",
        new_policy=r"\bnueva política",
        tracking=r"\b(?:comenzó|empezó|ha comenzado) .{0,40}?(?:seguimiento|seguir)",
        added=r"\b(?:agreg|añad)",
        removed=r"\belimin(?:ó|ad[oa]|aron)",
        condition=r"\bcondici",
    ),
    PageLanguage(
        code="pt",
        sample=f"{_DOCS}/pt_br/config/latest/developerguide/DocumentHistory.html",
        change=("alterações", "alteração"),
        description=("descrição",),
        date=("data",),
        policy=("políticas", "política"),
        version=("versão",),
        months=(
            *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
            *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
        ),
        title_end="políticas?(?: existentes?)?",
        new_policy=r"\bnova política",
        tracking=r"\b(?:começou|passou) a (?:monitorar|rastrear|acompanhar|controlar)",
        added=r"\badicion",
        removed=r"\bremo(?:vid[oa]|ção)",
        condition=r"\bcondiç",
    ),
    PageLanguage(
        code="it",
        sample=f"{_DOCS}/it_it/emr/latest/ManagementGuide/security-iam-awsmanpol-updates.html",
        change=("modifiche", "modifica"),
        description=("descrizione",),
        date=("data",),
        policy=("policy", "politica"),
        version=("versione",),
        months=(
            *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
            *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
        ),
        title_end="(?:policy|politic(?:a|he))(?: esistent[ei])?",
        new_policy=r"\bnuova (?:policy|politica)",
        tracking=r"\bha iniziato a (?:tenere traccia|monitorare|tracciare)",
        added=r"\baggiunt[oaei]",
        removed=r"\brimoss[oaei]",
        condition=r"\bcondizion",
    ),
    PageLanguage(
        code="id",
        sample=f"{_DOCS}/id_id/emr/latest/ManagementGuide/security-iam-awsmanpol-updates.html",
        change=("perubahan",),
        description=("deskripsi",),
        date=("tanggal",),
        policy=("kebijakan",),
        version=("versi",),
        months=(
            *("januari", "februari", "maret", "april", "mei", "juni"),
            *("juli", "agustus", "september", "oktober", "november", "desember"),
        ),
        title_end="kebijakan(?: baru| yang (?:sudah )?ada)?",
        new_policy=r"\bkebijakan baru",
        tracking=r"\bmulai melacak",
        added=r"\b(?:di|me)tambahkan|\bmenambahkan",
        removed=r"\b(?:di|meng)hapus",
        condition=r"\bkondisi",
    ),
)
"""English first: where two languages share a word, the first counts."""


def words_of(field: str) -> tuple[str, ...]:
    """Return the words of a field in all languages, each once; of those that begin the same the longest comes first."""
    found = dict.fromkeys(word for language in LANGUAGES for word in getattr(language, field))
    return tuple(sorted(found, key=len, reverse=True))


def with_other_languages(english: str, field: str) -> str:
    """Return an expression that matches an English phrase, or what the other languages have for it."""
    phrases = (english, *(getattr(language, field) for language in LANGUAGES))
    return "|".join(f"(?:{phrase})" for phrase in phrases if phrase)
