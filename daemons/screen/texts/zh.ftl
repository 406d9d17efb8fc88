# SPDX-License-Identifier: MIT OR Apache-2.0
# Chinese, simplified. 个人编号卡, 同意, 体检: the words of the Japanese authorities' own leaflets.
# "|" marks where a line may break; it is never shown and never spoken.

language-name = 简体中文
# as the voice says it; a language without a voice of its own is named in English
language-heard = Chinese

## Frame around every view
step-identity = 身份确认
step-consent = 同意
step-done = 完成
progress-count = { $name } { $step }/{ $steps }
progress-of = 共{ $steps }步，|第{ $step }步
staff-call = 如需帮助，|请到前台。
language-button = 语言
language-choose = 请选择|语言。

## Text size, colours, layout
ease = 字号
ease-title = 请选择|文字大小|和颜色。
ease-lasts = 您离开后|将恢复原样。
ease-chosen = { $name }，已选
text-normal = 标准
text-large = 大
text-largest = 最大
contrast-normal = 标准|颜色
contrast-high = 黑色|背景
layout-low = 轮椅用：|将按钮|移到下方
layout-normal = 取消|轮椅布局

## Screen alone: the mode manager is not there yet
starting = 正在准备。
starting-wait = 请稍候。
splash-stays = 如长时间|没有反应，|请咨询前台。

## P-00 idle (F-09 uses the same sentence)
place-card = 请放置|个人编号卡。
place-card-picture = 将卡放在|读卡器上的|图示

## P-02 method
choose-method = 请选择|确认身份的|方式。
method-privacy = 身份确认信息|不会用于|其他目的。
method-face = 人脸识别
method-pin = 输入密码
finish = 结束

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = 请看|摄像头。
face-hold = 请保持不动，|稍候片刻。
face-picture = 看着|摄像头的|图示
hint-closer = 请再|靠近一点。
hint-raise = 请抬起头。
hint-dark = 面部|光线太暗。
hint-backlight = 背后|光线太亮。
hint-backlight-lasts = 背后光线太强，|面部显得|太暗。
hint-covered = 面部|被遮挡。
hint-one-person = 请一个人|面对摄像头。
face-pin = 您可以|使用密码。
face-failed = 未能确认|您的面部。
face-failed-do = 您可以重试，|或使用密码。
face-failed-again = 请重试，|或咨询前台。
number-unread = 请取下卡套，|重新放置。

## P-04 PIN pad
enter-pin = 请输入|4位数密码。
tries-left = 还可|输入|{ $tries }次
pin-correct = 删除
pin-count = 共{ $digits }位，|已输入{ $count }位
use-face = 改用|人脸识别

## P-05x wait
wait = 正在确认。
wait-card = 请勿移动|个人编号卡，|稍候片刻。

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = 使用手机
phone-title = 使用手机|办理
phone-choose = 请选择|您的手机。
phone-android = Android
phone-iphone = iPhone
phone-pin = 手机用|电子证书的|密码。
phone-hold = 请将手机靠近|旁边的|读取器。
phone-hold-still = 读取完成前|请勿移动。
phone-hold-iphone = 请在iPhone的|屏幕上|进行认证。
phone-picture = 将手机靠近|旁边读取器的|图示
wait-phone = 请保持不动，|稍候片刻。

## Staff: P-00's button, S-01, S-02
staff-button = 工作人员
enter-passcode = 请输入|目视确认用的|口令。
passcode-wrong = 口令|不正确。
passcode-unverified = 无法|验证口令。
passcode-wait = 现在无法|使用口令。
passcode-wait-do = 请等待|{ $minutes }分钟。
passcode-wait-hours-do = 请等待|{ $hours }小时。
passcode-closed = 口令|无法使用。
passcode-closed-do = 请在终端上|重新发行。
visual-begin = 开始|资格确认。
visual-do = 请目视|确认本人，|再放置|个人编号卡。
stop = 中止

## P-06 consent method
consent-question = 是否同意提供|以往的|医疗信息等？
consent-groups-x = 【手术、|伤病名、|感染症／|诊疗、|药品／|体检】
consent-groups-y = 【手术／|诊疗、|药品／|体检】
consent-all = 全部同意
consent-each = 逐项选择

## P-07 carry over
carry-over = 沿用目前的|同意情况
choose-again = 重新选择
show-earlier = 查看目前的|同意情况

## P-08 earlier consents
earlier-title = 事先或上次的|同意情况
earlier-surgery-x = 手术、|伤病名、|感染症检查结果
earlier-surgery-y = 手术
earlier-care-x = 诊疗|（感染症以外的|检查结果、|过敏等）、|药品
earlier-care-y = 诊疗、|药品
earlier-medicine = 药品
earlier-checkup = 体检
earlier-row = { $group }：{ $mark }
consent-mark-yes = 同意
consent-mark-no = 不同意
back = 返回

## P-09 individual consent
surgery-heading-x = 手术、|伤病名、|感染症
surgery-heading-y = 手术
surgery-question-x = 是否同意|向本机构提供|您以往的|手术信息、|伤病名信息、|感染症检查结果？
surgery-question-y = 是否同意|向本机构提供|您以往的|手术信息？
care-heading = 诊疗、药品
care-question-x = 是否同意|向本机构提供|您以往的|诊疗信息|（感染症以外的|检查结果、|过敏等）和|药品信息？
care-question-y = 是否同意|向本机构提供|您以往的|手术以外的|诊疗信息和|药品信息？
medicine-heading = 药品
medicine-question = 是否同意|向本机构提供|您以往的|药品信息？
checkup-heading = 体检
checkup-question = 是否同意|向本机构提供|您以往的|体检信息？
agree = 同意
disagree = 不同意

## P-10 form of prescription, P-11 public subsidy
prescription-question = 请选择|处方笺的形式。
prescription-electronic = 电子处方笺
prescription-paper = 纸质处方笺
subsidy-question = 是否使用|医疗费补助的|各类受给者证？
use = 使用
use-not = 不使用

## P-13b limit of what is paid; asked before P-12
high-cost-question = 是否提供|限额信息？
high-cost-what = 即|高额疗养费制度规定的|窗口支付金额的|上限。
provide = 提供
provide-not = 不提供

## P-12 referral letters
letters-question = 请选择|要提交的|所有介绍信。
letters-page = { $page }/{ $pages }
letters-page-heard = 第 { $page } 页
letters-ticked = 已选|{ $count }封
letter = 介绍信
letter-heard = 介绍信 { $number }
letter-issued = 开具日 { $month }/{ $day }
letter-is-ticked = { $letter }，已选
next-page = 下一页
submit = 提交
submit-none = 不提交

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = 电子证书|即将到期|（{ $date }）。
expiring-undated = 电子证书|即将到期。
expiring-do = 请到|市区町村的窗口|办理更新。
day = { $year }年{ $month }月{ $day }日

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }，|确认已完成。
done-take-card = 请取出|个人编号卡。
done-picture = 取出卡的|图示
done-neutral = 确认已完成。
done-wait = 请在前台|等候。

## F-xx: what happened, what to do now, one way out
pin-wrong = 密码不正确。
pin-wrong-tries = 再输错{ $tries }次|将无法使用。
pin-unusable = 此卡无法|使用密码。
pin-unusable-do = 请使用|人脸识别。
expired-recent = 电子证书|已过期。
expired-recent-do = 仅确认|保险信息。
expired-old = 此卡无法|进行确认。
expired-old-do = 请到前台。
card-away = 卡已离开|读卡器。
card-away-do = 重新放置后，|可从中断处|继续。
unreadable = 无法读取|此卡。
unreadable-do = 请取下卡套，|重新放置。
no-insurance = 未找到|保险信息。
unavailable = 目前无法|进行确认。
timed-out = 因无操作，|已结束。
timed-out-do = 请取走|您的卡。
forgotten = 请取走|您的卡
ask-reception = 请咨询前台。
phone-unreadable = 无法读取|手机。
phone-unreadable-do = 请上下|慢慢移动。
phone-other = 与所选的|手机种类|不同。
phone-other-do = 请重新选择。
retry = 重试
use-card = 使用卡
card-here = 请将个人编号卡|放在|这台读卡器上。
phone-pin-unusable = 此手机无法|使用密码。
phone-pin-unusable-do = 请使用卡，|或咨询前台。
phone-refused = 此手机无法|进行确认。
phone-timed-out-do = 请从头|重新开始。
phone-forgotten = 请取走|您的手机

## Time-out warning, over any view
warning = 即将结束。|要继续吗？
warning-continue = 继续

## Staff strip
staff-hop-terminal = 终端：无法连接
staff-hop-network = 线路：无法连接
staff-hop-centre = 中心：无法连接
staff-starting = 启动中
staff-camera = 摄像头：异常
# what the terminal holds the reader in
staff-held-pin-only = 终端：|仅限密码
staff-held-visual = 终端：|目视确认
staff-held-run = 终端：|目视确认 还剩{ $minutes }分钟
staff-still-pin-only = 终端：|仍为仅限密码
staff-still-visual = 终端：|仍为目视确认

## Said by the voice; never shown
voice-help = 按加号到下一项，|按减号到上一项，|按回车键确定。|按星号再听一次，|按斜杠提高音量。|需要帮助时|请咨询前台。
