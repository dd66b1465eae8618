"""Account names and passwords: whether what stands after a label is one, or code, a placeholder, a service account.

Sources: the standard accounts of Debian's base-passwd, of Windows (well-known security identifiers, MS-DTYP 2.4.2.4)
and of common servers and cloud images; otherwise judgement, measured on source code and manuals.
"""

from __future__ import annotations

import re
from datetime import date

from pii_scan.detect.validators.verdict import REJECTED, UNSURE, VALID

_SERVICES = frozenset(
    """
    _apt abuse adm admin administrator administrators airflow all_users alle allusers ansatt ansible apache apache2
    app app_user appuser automatisk azureuser backup batch bedrift bin bitnami bot build buildbot builder centos
    chrome ci circleci cloud coder codespace consul core cron daemon db_user dba dbadmin dbo dbuser debian default
    defaultuser0 demobruker deploy deployer developer devops django docker dovecot ec2-user ekstern eksternt elastic
    elasticsearch everyone fedora felles ftp ftpuser games git github gitlab gitlab-runner gjest gnats gopher
    grafana guest hadoop halt haproxy hdfs http httpd import integrasjon intern internt irc ircd jboss jenkins
    jovyan kafka keycloak kibana kube kunde kunder landscape ldap list local-user localhost localservice localsystem
    localuser log lokal lp mail mailman man manuell manuelt memcached metabase migrering minecraft mongo mongodb
    mosquitto mssql mysql nagios named networkservice news nginx nobody node nogroup ntp ntpd opc operator oracle
    packer pi postfix postgres postgresql privat prometheus proxy public puppet rabbitmq redis root rpc rstudio
    rsync runner ruser sa sentinel sentry service services shared shutdown sidekiq smtp solr spark splunk sqlserver
    squid sshd sudo superset superuser support svc svn sync syslog system system32 systemd systemd-network telegraf
    terraform testbruker tomcat travis ubuntu user user1 user2 users uucp vagrant vault vboxuser vscode web webadmin
    webmaster worker www www-data zabbix zookeeper
    """.split()
)
"""Accounts of programs and machines, and those that everybody has."""
_PLACEHOLDERS = frozenset(
    """
    abc access account alias anonym anonymous any anything api arg args argument array auth bar basestring
    blank bool boolean brukar brukarnamn bruker brukernavn brukernavnet bytes callback changeme char class client config
    connection context cookie credentials data dato db def demo dict dummy e-post eksempel email empty entry env epost
    error example expected fake false field file filter first float foo form format func function get given group hash
    header help host hostname id ident ikke ingen inn input instance int integer item javascript john jane key kwargs
    label lambda last literal logg loggedin login login_name logon long me method missing mixed model my myname
    mypassword myself myuser myusername name namespace navn new nil no none not null number obj object old optional
    options or original out owner param parameter params pass passord password path person placeholder port profile
    property proxy pwd query quote raw readonly repo repository request required response result return row sample
    schema scott secret select self server session set some someone someuser sql str string string_types sub subject
    super test test1 test123 test_user testing testuser text this title token true tuple type typing uid ukjent
    undefined unicode unknown unset update uri url user_id user_name userid username usr valid value values var varchar
    variable void whoever with xxx xxxx you your your-username your_username yourname yourusername
    async await
    """.split()
)
_WORDS = frozenset(
    """
    a about after all also alt an and andre are as at authenticated av bare be been before being ble blei blir bli
    blant both but by både can cannot could created da de deg dei deleted den denne der deretter det dette did din
    disse ditt do does eller en ein enn er et ett etter exists failed feil feltet finnast finnes finst for fordi found
    fra from får gir gjennom går ha had han har has have he her hos hvis hvor i if in incorrect input into invalid is it
    its jeg eg kan kommer kreves kun kvar le legg logged logger logget longer maa made man mangler manglar may med
    mellom men mer might min mitt more must må måtte na never når nå of og også om on only over på requires s same
    samme samt se sendt sent settes shall she should signed sin sine sitt skal skulle slik so som står than that the
    their them then there these they til tom tomt too trenger typisk ugyldig under unik unikt unique use used using
    uten utan valgfritt valfritt valgt ved vere vert vi via vil ville var være was we were when where which who will
    within without would wrong your brukes
    """.split()
)
"""What prose has after a label: `the username is`, «brukernavnet er ugyldig»."""
_CODE = re.compile(
    r"(?:.*[^a-z])?(?:user|users|username|name|login|logins|password|passwd|self|cls|this|request|req|args|kwargs"
    r"|settings|config|options|opts|params?|environ|env|getenv|form|data|values?|fields?|props|state|object|ctx|session"
    r"|credentials?|auth|info|attr|attribute|column|app|api|token|sys|system|test|example|placeholder|your|svc|service"
    r"|bot|default|v[0-9]+|py|js|ts|json|html|txt|com|org|net|php|java|exe|dll|conf|yml|yaml|xml|sql|md|css|sh|cfg|ini"
    r")(?:[^a-z].*)?"
)
"""A part of a dotted or hyphenated text that marks a name in source code, or of a file."""
_IMPERSONAL = re.compile(r"v?[0-9.]+|s(?:rv|vc|ys)[-_]?[a-z].*|.*(?:konto|account|bruker|brukere|brukar)")
"""A version, a service account by its first letters, a kind of account."""
_CAMEL_CASE = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+|[A-Z]{2,}(?:_[A-Z]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+")
"""A name in source code: `getUserName`, `MAX_VALUE`."""


def username(text: str, as_of: date) -> int:
    """The name of one person's account. Rejected: services (`root`, `www-data`), placeholders, words of the language,
    names in source code (`request.user`, `user_name`), numbers alone. UNSURE: a plain word without digit or sign.
    """
    value = text.strip("\"'").lower().lstrip("@")
    if len(value) < 2 or len(set(value)) < 2 or not any(char.isalpha() for char in value):
        return REJECTED
    if value in _SERVICES or value in _PLACEHOLDERS or value in _WORDS or value.endswith("$") or "__" in value:
        return REJECTED
    if _CODE.fullmatch(value) or _IMPERSONAL.fullmatch(value) or any(map(_CAMEL_CASE.fullmatch, text.split("."))):
        return REJECTED
    return VALID if any(not char.isalpha() for char in value) else UNSURE


_STRONG_SIGNS = frozenset("!@#$%&*?+^~£€¤§=")
_PASSWORD_WORD = re.compile(
    r".*(?:password|passwd|passord|passphrase|secret|token|example|eksempel|changeme|placeholder|your[-_ ]|hidden"
    r"|redacted|sladdet|skjult|fjernet|default|null|none|undefined|string|required|xxxx|\*\*\*|\.\.\.|•|●"
    r"|sha(?:1|256|512)|md5|bcrypt|base64|utf-?8|ascii|https?:|ftp:|localhost|getenv|environ|process\.env).*"
)
"""What manuals, masks and settings have in the place of a password."""
_CODE_SIGNS = re.compile(r"[(){}\[\]<>;|\\`\"']|\$\w*$|^[$%&@*:=/.-]|->|=>|::|==|!=|&&|\+=|%[sdr]|^\w+\.\w+(?:\.\w+)*$")
_PROSE = re.compile(r"[!?*]*[^\W\d_]+(?:-[^\W\d_]+)*[!?*]*|[a-z]+(?:_[a-z]+)+_?[0-9]*")
"""Words and an exclamation mark; names in source code."""
_NUMBER = re.compile(r"[+-]?(?:0x[0-9a-fA-F]+|[0-9][0-9_.]*)(?:[uU]?[lL]{0,2}|[fFdDmn])|[A-Z]{3}[0-9]{6}")
"""A number of source code (`84610788968L`), and the number of a passport: `Pass: QXA004411`."""
_PLAIN = re.compile(r"[0-9]+[a-zæøå]{1,12}|[A-Z]{1,6}[-_#]?[0-9]{1,3}|[a-z]+[-_][a-z]+[-_]?[0-9]*|[a-z_]+[0-9]")
"""A number and its unit, a code of a few letters, a name with one digit."""


def password(text: str, as_of: date) -> int:
    """A password written out: 6 to 64 signs, letters with a digit or a sign. Rejected: masks, placeholders, code.

    `Passord123` is one that people use, `password1` one that manuals use. UNSURE: what may also be a quantity or a
    name (`24timer`, `arg1`).
    """
    value = text.strip()
    letters = sum(char.isalpha() for char in value)
    digits = any(char.isdigit() for char in value)
    if not 6 <= len(value) <= 64 or not letters or len(set(value)) < 4:
        return REJECTED
    if not digits and not any(char in _STRONG_SIGNS for char in value):
        return REJECTED
    if _NUMBER.fullmatch(value) or _CODE_SIGNS.search(value) or _CAMEL_CASE.fullmatch(value) or _PROSE.fullmatch(value):
        return REJECTED
    chosen = any(char.isupper() for char in value) and digits and letters >= 6 and value.isalnum()
    if not chosen and _PASSWORD_WORD.fullmatch(value.lower()):
        return REJECTED
    return UNSURE if _PLAIN.fullmatch(value) else VALID
