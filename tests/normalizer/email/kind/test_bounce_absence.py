"""That a recipient does not exist is understood in words that no table of servers holds."""

# ruff: noqa: RUF001  (other languages have letters that look like ours)

from __future__ import annotations

import pytest

from maitred.normalizer.email.kind.bounce_reason import judge


@pytest.mark.parametrize(
    "words",
    [
        "The recipient specified does not exist in our directory",
        "Student account has been deleted",
        "this mailbox has been removed",
        "no longer a valid recipient",
        "We don't know this recipient",
        "email address not recognized",
        "Die angegebene Adresse ist nicht bekannt",
        "Das Postfach existiert nicht mehr",
        "Cette adresse n'existe plus",
        "Cuenta de correo inexistente",
        "L'indirizzo non esiste",
        "O endereço de e-mail não existe",
        "Het adres bestaat niet",
        "Adres nie istnieje",
        "Uživatel neexistuje",
        "A címzett nem található",
        "Mottagaren finns inte",
        "Brugeren findes ikke",
        "Vastaanottajaa ei löydy",
        "Destinatarul nu există",
        "Kullanıcı bulunamadı",
        "Такой почтовый ящик не найден",
        "Одержувач не існує",
        "该用户不存在",
        "宛先のアドレスは存在しません",
        "받는 사람의 메일함이 존재하지 않습니다",
        "domain nowhere.example doesn't exist",
        "Die Domäne existiert nicht",
        "O domínio não existe",
        "Домен не существует",
    ],
)
def test_a_thing_and_its_absence_mean_that_the_address_is_dead(words: str) -> None:
    assert judge(f"550 {words}").permanent


@pytest.mark.parametrize(
    "words",
    [
        "Your account is not found in our list of authorised senders",
        "Mail from unknown user rejected",
        "Sender address does not exist",
        "sender's mailbox does not exist",
        "HELO hostname not found",
        "SPF record for your domain not found",
        "No policy record found for user",
        "unknown error while delivering to mailbox",
        "Recipient server unknown error",
        "The address may not exist or may be full",
        "Message from invalid IP address refused",
        "Recipient rejected your message",
        "Absenderadresse existiert nicht",
        "Remitente desconocido, dirección no válida",
        "Адрес отправителя не существует",
        "发件人地址不存在",
        "アドレスが見つからないか、サーバの事由により送信できません",
    ],
)
def test_what_is_missing_may_be_something_else(words: str) -> None:
    assert not judge(f"550 {words}").permanent
