"""The regions by which a carrier charges and counts days. Only `shop/delivery` imports it."""

from __future__ import annotations

REGIONS = {
    "hokkaido": ("北海道",),
    "kita_tohoku": ("青森県", "岩手県", "秋田県"),
    "minami_tohoku": ("宮城県", "山形県", "福島県"),
    "kanto": ("茨城県", "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県", "山梨県"),
    "shinetsu": ("新潟県", "長野県"),
    "hokuriku": ("富山県", "石川県", "福井県"),
    "chubu": ("岐阜県", "静岡県", "愛知県", "三重県"),
    "kansai": ("滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県"),
    "chugoku": ("鳥取県", "島根県", "岡山県", "広島県", "山口県"),
    "shikoku": ("徳島県", "香川県", "愛媛県", "高知県"),
    "kyushu": ("福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県"),
    "okinawa": ("沖縄県",),
}
_REGION_OF = {prefecture: region for region, members in REGIONS.items() for prefecture in members}


def region_of(prefecture: str) -> str:
    """Return the region of a prefecture (its Japanese name); KeyError for anything else."""
    return _REGION_OF[prefecture]
