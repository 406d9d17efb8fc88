# SPDX-License-Identifier: MIT OR Apache-2.0
# Vietnamese, short and polite. "~" is a space at which a line never breaks.

language-name = Tiếng~Việt
# as the voice says it; a language without a voice of its own is named in English
language-heard = Vietnamese

## Frame around every view
step-identity = Danh~tính
step-consent = Đồng~ý
step-done = Hoàn~tất
progress-count = { $name } { $step }/{ $steps }
progress-of = Phần { $step } trong { $steps }
staff-call = Cần giúp, xin đến quầy~lễ~tân.
language-button = Ngôn~ngữ
language-choose = Xin chọn ngôn~ngữ.

## Text size, colours, layout
ease = Cỡ~chữ
ease-title = Xin chọn cỡ~chữ và màu.
ease-lasts = Sẽ trở lại như~cũ khi bạn rời~đi.
ease-chosen = { $name }, đã chọn
text-normal = Thường
text-large = Lớn
text-largest = Lớn~nhất
contrast-normal = Màu thường
contrast-high = Nền đen
layout-low = Xe lăn: đưa các nút xuống thấp
layout-normal = Tắt bố cục xe lăn

## Screen alone: the mode manager is not there yet
starting = Đang chuẩn~bị.
starting-wait = Xin đợi một~chút.
splash-stays = Nếu lâu, xin hỏi quầy~lễ~tân.

## P-00 idle (F-09 uses the same sentence)
place-card = Xin đặt thẻ~My~Number.
place-card-picture = Hình đặt thẻ lên máy đọc

## P-02 method
choose-method = Xin chọn cách xác~minh danh~tính.
method-privacy = Chỉ dùng để xác~minh danh~tính, không dùng vào mục~đích~khác.
method-face = Dùng~khuôn~mặt
method-pin = Nhập~mã~PIN
finish = Kết~thúc

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = Xin nhìn vào máy~ảnh.
face-hold = Xin giữ yên và đợi một~chút.
face-picture = Hình khuôn mặt nhìn vào máy ảnh
hint-closer = Xin lại gần thêm một~chút.
hint-raise = Xin ngẩng mặt~lên.
hint-dark = Khuôn mặt bị~tối.
hint-backlight = Phía sau quá~sáng.
hint-backlight-lasts = Ánh sáng phía sau mạnh, khuôn mặt bị~tối.
hint-covered = Khuôn mặt bị che~khuất.
hint-one-person = Xin đứng một~mình.
face-pin = Có thể dùng mã~PIN.
face-failed = Không xác nhận được khuôn~mặt.
face-failed-do = Xin làm lại, hoặc dùng mã~PIN.
face-failed-again = Xin làm lại, hoặc hỏi quầy~lễ~tân.
number-unread = Xin bỏ thẻ ra khỏi bao và đặt~lại.

## P-04 PIN pad
enter-pin = Xin nhập mã~PIN (4~số).
tries-left = Còn { $tries }~lần
pin-correct = Xóa
pin-count = Đã nhập { $count } trong { $digits } số
use-face = Quét~mặt

## P-05x wait
wait = Đang kiểm~tra.
wait-card = Xin để yên thẻ~My~Number và đợi một~chút.

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = Điện~thoại
phone-title = Làm thủ~tục bằng điện~thoại
phone-choose = Xin chọn điện~thoại của~bạn.
phone-android = Android
phone-iphone = iPhone
phone-pin = Mã PIN của chứng~thư trên~máy.
phone-hold = Xin đưa điện~thoại lại~gần máy~đọc bên~cạnh.
phone-hold-still = Xin giữ yên cho đến khi đọc~xong.
phone-hold-iphone = Xin xác~thực trên màn~hình iPhone.
phone-picture = Hình đưa điện thoại lại gần máy đọc bên cạnh
wait-phone = Xin giữ yên và đợi một~chút.

## Staff: P-00's button, S-01, S-02
staff-button = Nhân~viên
enter-passcode = Nhập mật~mã để xác~nhận bằng~mắt.
passcode-wrong = Mật~mã không~đúng.
passcode-unverified = Không kiểm~tra được mật~mã.
passcode-wait = Hiện không dùng được mật~mã.
passcode-wait-do = Xin đợi { $minutes }~phút.
passcode-wait-hours-do = Xin đợi { $hours }~giờ.
passcode-closed = Không dùng được mật~mã.
passcode-closed-do = Xin cấp lại ở máy~đầu~cuối.
visual-begin = Bắt đầu xác~nhận tư~cách.
visual-do = Nhìn và xác~nhận đúng người, rồi đặt thẻ~My~Number.
stop = Hủy

## P-06 consent method
consent-question = Cho nơi~này xem thông~tin y~tế cũ v.v.?
consent-groups-x = [Phẫu~thuật, tên~bệnh, bệnh~truyền~nhiễm / Khám~chữa~bệnh, thuốc / Khám~sức~khỏe]
consent-groups-y = [Phẫu~thuật / Khám~chữa~bệnh, thuốc / Khám~sức~khỏe]
consent-all = Đồng~ý~tất~cả
consent-each = Chọn~từng~mục

## P-07 carry over
carry-over = Giữ~lựa~chọn~cũ
choose-again = Chọn~lại
show-earlier = Xem lựa~chọn hiện~tại

## P-08 earlier consents
earlier-title = Lựa~chọn trước~đây
earlier-surgery-x = Phẫu~thuật, tên~bệnh, xét~nghiệm bệnh~truyền~nhiễm
earlier-surgery-y = Phẫu~thuật
earlier-care-x = Khám~chữa~bệnh (xét~nghiệm khác, dị~ứng v.v.), thuốc
earlier-care-y = Khám~chữa~bệnh, thuốc
earlier-medicine = Thuốc
earlier-checkup = Khám~sức~khỏe
earlier-row = { $group }: { $mark }
consent-mark-yes = Có
consent-mark-no = Không
back = Quay~lại

## P-09 individual consent
surgery-heading-x = Phẫu~thuật, tên~bệnh, bệnh~truyền~nhiễm
surgery-heading-y = Phẫu~thuật
surgery-question-x = Cho nơi~này xem thông~tin cũ về phẫu~thuật, tên~bệnh, xét~nghiệm bệnh~truyền~nhiễm?
surgery-question-y = Cho nơi~này xem thông~tin cũ về phẫu~thuật?
care-heading = Khám~chữa~bệnh, thuốc
care-question-x = Cho nơi~này xem thông~tin cũ về khám~chữa~bệnh (xét~nghiệm khác, dị~ứng v.v.) và thuốc?
care-question-y = Cho nơi~này xem thông~tin cũ về khám~chữa~bệnh (ngoài phẫu~thuật) và thuốc?
medicine-heading = Thuốc
medicine-question = Cho nơi~này xem thông~tin cũ về thuốc?
checkup-heading = Khám~sức~khỏe
checkup-question = Cho nơi~này xem thông~tin cũ về khám~sức~khỏe?
agree = Đồng~ý
disagree = Không~đồng~ý

## P-10 form of prescription, P-11 public subsidy
prescription-question = Xin chọn loại đơn~thuốc.
prescription-electronic = Đơn~điện~tử
prescription-paper = Đơn~giấy
subsidy-question = Bạn có dùng các giấy~chứng~nhận hỗ~trợ chi~phí y~tế không?
use = Có~dùng
use-not = Không~dùng

## P-13b limit of what is paid; asked before P-12
high-cost-question = Cung~cấp thông~tin hạn~mức chi~trả?
high-cost-what = Mức tối~đa phải trả tại~quầy theo chế~độ chi~phí~y~tế~cao.
provide = Cung~cấp
provide-not = Không~cung~cấp

## P-12 referral letters
letters-question = Xin chọn tất~cả thư~giới~thiệu muốn~nộp.
letters-page = { $page }/{ $pages }
letters-page-heard = Trang { $page }
letters-ticked = Đã~chọn~{ $count }
letter = Thư~giới~thiệu
letter-heard = Thư giới thiệu { $number }
letter-issued = Ngày~cấp { $day }/{ $month }
letter-is-ticked = { $letter }, đã chọn
next-page = Trang~sau
submit = Nộp
submit-none = Không~nộp

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = Chứng~thư điện~tử sắp hết~hạn ({ $date }).
expiring-undated = Chứng~thư điện~tử sắp hết~hạn.
expiring-do = Xin gia~hạn tại quầy của thành~phố, quận, thị~trấn hoặc làng.
day = { $day }/{ $month }/{ $year }

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }, đã xác~nhận xong.
done-take-card = Xin lấy thẻ~My~Number ra.
done-picture = Hình lấy thẻ ra khỏi máy đọc
done-neutral = Đã xác~nhận xong.
done-wait = Xin đợi ở quầy~lễ~tân.

## F-xx: what happened, what to do now, one way out
pin-wrong = Mã PIN không~đúng.
pin-wrong-tries = Nếu sai thêm { $tries }~lần sẽ không dùng~được~nữa.
pin-unusable = Thẻ này không dùng được mã~PIN.
pin-unusable-do = Xin dùng khuôn~mặt.
expired-recent = Chứng~thư điện~tử đã hết~hạn.
expired-recent-do = Chỉ kiểm~tra bảo~hiểm.
expired-old = Thẻ này không xác~nhận được.
expired-old-do = Xin đến quầy~lễ~tân.
card-away = Thẻ đã rời khỏi máy~đọc.
card-away-do = Đặt lại thẻ để làm tiếp từ chỗ dở~dang.
unreadable = Không đọc được thẻ.
unreadable-do = Xin bỏ thẻ ra khỏi bao và đặt~lại.
no-insurance = Không tìm thấy thông~tin bảo~hiểm.
unavailable = Hiện không xác~nhận được.
timed-out = Đã kết~thúc vì không có thao~tác.
timed-out-do = Xin lấy thẻ của~bạn.
forgotten = Xin lấy thẻ của~bạn
ask-reception = Xin hỏi quầy~lễ~tân.
phone-unreadable = Không đọc được điện~thoại.
phone-unreadable-do = Xin đưa từ~từ lên~xuống.
phone-other = Khác với loại điện~thoại đã~chọn.
phone-other-do = Xin chọn lại.
retry = Làm~lại
use-card = Dùng~thẻ
card-here = Xin đặt thẻ~My~Number lên máy~đọc~này.
phone-pin-unusable = Điện~thoại này không dùng được mã~PIN.
phone-pin-unusable-do = Xin dùng thẻ hoặc hỏi quầy~lễ~tân.
phone-refused = Điện~thoại này không xác~nhận được.
phone-timed-out-do = Xin làm lại từ~đầu.
phone-forgotten = Xin lấy điện~thoại của~bạn

## Time-out warning, over any view
warning = Sắp kết~thúc. Tiếp~tục không?
warning-continue = Tiếp~tục

## Staff strip
staff-hop-terminal = Máy đầu cuối: mất kết nối
staff-hop-network = Đường truyền: mất kết nối
staff-hop-centre = Trung tâm: mất kết nối
staff-starting = Đang khởi động
staff-camera = Máy ảnh: hỏng
# what the terminal holds the reader in
staff-held-pin-only = Máy đầu cuối: chỉ PIN
staff-held-visual = Máy đầu cuối: xem mặt
staff-held-run = Máy đầu cuối: xem mặt, { $minutes }~phút
staff-still-pin-only = Máy đầu cuối: vẫn chỉ PIN
staff-still-visual = Máy đầu cuối: vẫn xem mặt

## Said by the voice; never shown
voice-help = Nhấn phím cộng để đến mục tiếp theo, phím trừ để về mục trước, phím enter để chọn. Phím sao để nghe lại, phím gạch chéo để nghe to hơn. Cần giúp đỡ, xin hỏi quầy tiếp~nhận.
