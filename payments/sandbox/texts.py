"""What shoppers read, in Japanese and English. Imported by `web` and the pages."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "pay": ("支払う", "Pay"),
    "pay_title": ("お支払い", "Payment"),
    "sandbox": ("テスト環境", "Sandbox"),
    "sandbox_note": (
        "ここは決済会社の代役です。実際の請求は発生しません。本物のカード番号は入力しないでください。",
        "This stands in for a payment provider. Nothing is charged. Do not enter a real card number.",
    ),
    "back": ("お店に戻る", "Back to the shop"),
    "order": ("ご注文内容", "Your order"),
    "total": ("合計(税込)", "Total, tax included"),
    "quantity": ("数量", "Qty"),
    "email": ("メールアドレス", "E-mail"),
    "card": ("カード情報", "Card details"),
    "number": ("カード番号", "Card number"),
    "expiry": ("有効期限(月/年)", "Expiry (MM / YY)"),
    "cvc": ("セキュリティコード", "Security code"),
    "cvc_hint": (
        "裏面の3桁(American Expressは表面の4桁)",
        "3 digits on the back (American Express: 4 on the front)",
    ),
    "secure_note": (
        "カード番号はこのページから決済会社へ直接送られ、お店には渡りません。",
        "The card number goes from this page straight to the payment provider, never to the shop.",
    ),
    "processing": ("処理しています…", "Processing…"),
    "test_cards": ("テスト用カード番号", "Test cards"),
    "test_cards_hint": (
        "有効期限は未来の年月、セキュリティコードは任意の数字で試せます。",
        "Use any future expiry date and any security code.",
    ),
    "copy": ("コピー", "Copy"),
    "copied": ("コピーしました", "Copied"),
    "behaviour": ("結果", "What happens"),
    "brand": ("ブランド", "Brand"),
    "token": ("トークン", "Token"),
    "all_test_cards": ("一覧をページで開く", "Open the list as a page"),
    "expired_title": ("このお支払いページは期限が切れました", "This payment page has expired"),
    "expired_body": (
        "請求は発生していません。お店に戻って、もう一度お手続きください。",
        "You have not been charged. Go back to the shop and start again.",
    ),
    "complete_title": ("お支払いは完了しています", "This payment is complete"),
    "complete_body": ("二重に請求されることはありません。", "You will not be charged twice."),
    "continue": ("続ける", "Continue"),
    "unknown_title": ("このお支払いページは見つかりません", "There is no such payment page"),
    "unknown_body": ("アドレスをご確認ください。", "Check the address."),
    "3ds_title": ("本人認証(3Dセキュア)", "Verify it is you (3-D Secure)"),
    "3ds_body": (
        "カード会社がご本人の確認を求めています。下のコードを入力してください。",
        "Your card issuer wants to know that it is you. Enter the code below.",
    ),
    "3ds_code": ("ワンタイムコード", "One-time code"),
    "3ds_hint": ("テスト用コード:", "Test code:"),
    "3ds_pass": ("認証する", "Verify"),
    "3ds_fail": ("認証に失敗させる", "Let it fail"),
    "3ds_cancel": ("キャンセル", "Cancel"),
    "3ds_wrong": ("コードが違います。もう一度入力してください。", "That code is wrong. Try again."),
    "3ds_over": ("この認証は終了しています。", "This verification is over."),
    "3ds_done": ("認証が終わりました。", "Verification has ended."),
    "merchant": ("ご利用店舗", "Merchant"),
    "amount": ("金額", "Amount"),
    "card_ending": ("カード末尾", "Card ending in"),
    "blank_field": ("入力してください。", "Fill this in."),
    "bad_email": ("メールアドレスの形式をご確認ください。", "Check the e-mail address."),
    "not_open": ("このお支払いは受け付けられません。", "This payment can no longer be made."),
    "method": ("お支払い方法", "How to pay"),
    "method_card": ("カード", "Card"),
    "method_konbini": ("コンビニ払い", "Convenience store"),
    "method_customer_balance": ("銀行振込", "Bank transfer"),
    "saved_card": ("保存済みのカード", "Saved card"),
    "save_card": ("次回のためにカードを保存する", "Save this card for next time"),
    "name": ("お名前", "Full name"),
    "phone": ("電話番号(任意・確認番号になります)", "Phone (optional; becomes the confirmation number)"),
    "konbini_note": (
        "番号を発行します。お近くのコンビニのレジや端末でお支払いください。",
        "You will get a number to pay with at a convenience store.",
    ),
    "transfer_note": (
        "振込先の口座をお知らせします。入金を確認するとお支払いが完了します。",
        "You will get an account to transfer the amount to.",
    ),
    "setup_title": ("カードの登録", "Save a card"),
    "setup_button": ("カードを登録する", "Save this card"),
    "get_number": ("番号を発行する", "Get the number"),
    "get_account": ("振込先を表示する", "Get the account"),
    "voucher_title": ("コンビニでのお支払い", "Pay at a convenience store"),
    "transfer_title": ("銀行振込のご案内", "Bank transfer"),
    "pay_until": ("お支払い期限", "Pay by"),
    "store": ("店舗", "Store"),
    "payment_code": ("払込番号", "Payment code"),
    "confirmation_number": ("確認番号", "Confirmation number"),
    "bank": ("銀行", "Bank"),
    "branch": ("支店", "Branch"),
    "account_number": ("口座番号(普通)", "Account number (ordinary)"),
    "account_holder": ("口座名義", "Account holder"),
    "reference": ("参照番号", "Reference"),
    "remaining": ("残りの金額", "Amount remaining"),
    "waiting_open": ("お支払いを待っています。", "Waiting for the payment."),
    "waiting_paid": ("お支払いを確認しました。", "The payment has arrived."),
    "waiting_failed": ("このお支払いは終了しました。", "This payment is over."),
    "tester": ("テスト操作", "For testers"),
    "pay_at": ("この店で支払う", "Pay at this store"),
    "let_expire": ("期限切れにする", "Let it expire"),
    "send_money": ("振り込む", "Send the money"),
    "to_shop": ("お店に進む", "Continue to the shop"),
    "authentication_open": (
        "本人認証が完了していません。請求は発生していません。",
        "The verification was not completed. You have not been charged.",
    ),
}
# What a person may do about it, by error or decline code. Lost, stolen, blocked and refused read alike on
# purpose: whoever holds someone else's card learns nothing.
_DECLINED = (
    "カード会社により決済が承認されませんでした。別のカードをお試しいただくか、カード会社にお問い合わせください。",
    "Your card was declined. Try another card or contact your card issuer.",
)
REASONS: dict[str, tuple[str, str]] = {
    "card_declined": _DECLINED,
    "insufficient_funds": (
        "残高不足またはご利用限度額の超過により、決済できませんでした。別のカードをお試しください。",
        "There are not enough funds on this card. Try another card.",
    ),
    "card_velocity_exceeded": (
        "カードのご利用限度額または回数を超えています。別のカードをお試しください。",
        "This card has reached its limit. Try another card.",
    ),
    "expired_card": ("カードの有効期限が切れています。", "Your card has expired."),
    "incorrect_cvc": ("セキュリティコードが正しくありません。", "The security code is not right."),
    "invalid_cvc": (
        "セキュリティコードの桁数をご確認ください。",
        "Check the number of digits of the security code.",
    ),
    "incorrect_number": ("カード番号が正しくありません。", "The card number is not right."),
    "invalid_number": ("カード番号が正しくありません。", "The card number is not right."),
    "invalid_expiry_month": ("有効期限の月をご確認ください。", "Check the month of the expiry date."),
    "invalid_expiry_year": (
        "有効期限が過去の日付か、正しくありません。",
        "The expiry date is in the past or not right.",
    ),
    "processing_error": (
        "カードの処理中にエラーが発生しました。少し待ってからもう一度お試しください。",
        "Something went wrong while processing the card. Try again in a moment.",
    ),
    "test_mode_live_card": (
        "テスト環境ではテスト用カード番号だけが使えます。",
        "Only test card numbers work in this sandbox.",
    ),
    "payment_intent_authentication_failure": (
        "本人認証に失敗しました。請求は発生していません。もう一度お試しいただくか、別のカードをお使いください。",
        "The verification failed. You have not been charged. Try again or use another card.",
    ),
}
LANGUAGES = ("ja", "en")


def language(wanted: str | None, accepted: str | None) -> str:
    """`ja` or `en`: what the shop asked for, else the first of the two that the browser names, else
    Japanese."""
    for tag in (wanted or "", *(part.partition(";")[0].strip() for part in (accepted or "").split(","))):
        if tag[:2].lower() in LANGUAGES:
            return tag[:2].lower()
    return "en" if wanted and wanted not in {"auto"} else "ja"


def reason(error: dict[str, object], lang: str) -> str:
    """The plain reason for an error's `decline_code` or `code`."""
    for name in (error.get("decline_code"), error.get("code")):
        if name in REASONS:
            return REASONS[str(name)][LANGUAGES.index(lang)]
    return _DECLINED[LANGUAGES.index(lang)]


def text(key: str, lang: str) -> str:
    return TEXTS[key][LANGUAGES.index(lang)]
