using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Times as C's strftime writes them, with English names.</summary>
internal static class Strftime
{
    private static readonly DateTimeFormatInfo English = CultureInfo.InvariantCulture.DateTimeFormat;

    private const int MaxWidth = 100;

    internal static string Format(DateTime time, string format, JinjaMeter meter)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            int before = result.Length;
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
            }
            else
            {
                int sign = i;
                char flag = ' ';
                i++;
                if (format[i] is '-' or '_' or '0' or '^' or '#' && i + 1 < format.Length)
                {
                    flag = format[i++];
                }

                int width = 0;
                while (char.IsAsciiDigit(format[i]) && i + 1 < format.Length && width < MaxWidth)
                {
                    width = (width * 10) + (format[i++] - '0');
                }

                string? text = Directive(time, format[i], flag, width);
                result.Append(text is null ? format.AsSpan(sign, i - sign + 1) : (flag == '^' ? text.ToUpperInvariant() : text).PadLeft(width));
            }

            meter.Grow(result.Length, result.Length - before);
        }

        return result.ToString();
    }

    private static string? Directive(DateTime time, char letter, char flag, int width) => letter switch
    {
        'a' => English.GetAbbreviatedDayName(time.DayOfWeek),
        'A' => English.GetDayName(time.DayOfWeek),
        'b' or 'h' => English.GetAbbreviatedMonthName(time.Month),
        'B' => English.GetMonthName(time.Month),
        'c' => string.Create(CultureInfo.InvariantCulture, $"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss yyyy}"),
        'C' => Number(time.Year / 100, 2, '0', flag, width),
        'd' => Number(time.Day, 2, '0', flag, width),
        'D' or 'x' => time.ToString("MM/dd/yy", CultureInfo.InvariantCulture),
        'e' => Number(time.Day, 2, ' ', flag, width),
        'f' => time.ToString("ffffff", CultureInfo.InvariantCulture),
        'F' => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        'g' => Number(ISOWeek.GetYear(time) % 100, 2, '0', flag, width),
        'G' => Number(ISOWeek.GetYear(time), 1, '0', flag, width),
        'H' => Number(time.Hour, 2, '0', flag, width),
        'I' => Number(Hour12(time), 2, '0', flag, width),
        'j' => Number(time.DayOfYear, 3, '0', flag, width),
        'k' => Number(time.Hour, 2, ' ', flag, width),
        'l' => Number(Hour12(time), 2, ' ', flag, width),
        'm' => Number(time.Month, 2, '0', flag, width),
        'M' => Number(time.Minute, 2, '0', flag, width),
        'n' => "\n",
        'p' => flag == '#' ? (time.Hour < 12 ? "am" : "pm") : time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'r' => string.Create(CultureInfo.InvariantCulture, $"{Hour12(time):00}:{time:mm:ss} {(time.Hour < 12 ? "AM" : "PM")}"),
        'R' => time.ToString("HH:mm", CultureInfo.InvariantCulture),
        'S' => Number(time.Second, 2, '0', flag, width),
        't' => "\t",
        'T' or 'X' => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
        'u' => Number(((int)time.DayOfWeek + 6) % 7 + 1, 1, '0', flag, width),
        'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2, '0', flag, width),
        'V' => Number(ISOWeek.GetWeekOfYear(time), 2, '0', flag, width),
        'w' => Number((int)time.DayOfWeek, 1, '0', flag, width),
        'W' => Number((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7, 2, '0', flag, width),
        'y' => Number(time.Year % 100, 2, '0', flag, width),
        'Y' => Number(time.Year, 1, '0', flag, width),
        'z' or 'Z' => "",
        '%' => "%",
        _ => null,
    };

    private static int Hour12(DateTime time) => (time.Hour + 11) % 12 + 1;

    private static string Number(int value, int least, char fill, char flag, int width)
    {
        string digits = value.ToString(CultureInfo.InvariantCulture);
        int length = Math.Max(least, width);
        return flag switch
        {
            '-' => digits,
            '_' => digits.PadLeft(length, ' '),
            '0' => digits.PadLeft(length, '0'),
            _ => digits.PadLeft(length, fill),
        };
    }
}
