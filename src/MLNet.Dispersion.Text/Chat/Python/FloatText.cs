using System.Globalization;
using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>Floats as Python writes them.</summary>
internal static class FloatText
{
    private const int FixedFrom = -4;
    private const int ScientificFrom = 16;

    /// <summary>The shortest text that reads back as the same float: <c>1.0</c>, <c>1e+16</c>, <c>1e-07</c>.</summary>
    internal static string Shortest(double value)
    {
        if (!double.IsFinite(value))
        {
            return Special(value);
        }

        (string digits, int exponent) = ShortestDigits(Math.Abs(value));
        string text = exponent is >= FixedFrom and < ScientificFrom ? Plain(digits, exponent, keepFraction: true) : Scientific(digits, exponent, 'e');
        return Sign(value) + text;
    }

    /// <summary>With so many digits behind the point, the exact value rounded half to even.</summary>
    internal static string Fixed(double value, int precision)
    {
        if (!double.IsFinite(value))
        {
            return Special(value);
        }

        string digits = Scaled(Math.Abs(value), precision).ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        return Sign(value) + (precision == 0 ? digits : $"{digits[..^precision]}.{digits[^precision..]}");
    }

    /// <summary>With an exponent and so many digits behind the point.</summary>
    internal static string Exponential(double value, int precision, char mark)
    {
        if (!double.IsFinite(value))
        {
            return Special(value);
        }

        (string digits, int exponent) = Significant(Math.Abs(value), precision + 1);
        return Sign(value) + Scientific(digits, exponent, mark);
    }

    /// <summary>With so many significant digits, in whichever form is shorter.</summary>
    /// <param name="value">The float.</param>
    /// <param name="precision">How many digits, at least 1.</param>
    /// <param name="mark">The letter before the exponent.</param>
    /// <param name="keepZeros">Whether zeros at the end stay.</param>
    /// <param name="pointZero">Whether a digit always stands behind the point.</param>
    internal static string General(double value, int precision, char mark, bool keepZeros, bool pointZero)
    {
        if (!double.IsFinite(value))
        {
            return Special(value);
        }

        (string digits, int exponent) = Significant(Math.Abs(value), precision);
        string kept = keepZeros ? digits : digits.TrimEnd('0') is { Length: > 0 } some ? some : "0";
        return Sign(value) + (exponent < FixedFrom || exponent >= precision - (pointZero ? 1 : 0) ? Scientific(kept, exponent, mark) : Plain(kept, exponent, pointZero));
    }

    /// <summary>The float nearest to the value rounded to so many digits behind the point, half to even on the exact value.</summary>
    internal static double Round(double value, int precision)
    {
        // Beyond these no double changes, or none stays.
        if (!double.IsFinite(value) || precision > 323)
        {
            return value;
        }

        if (precision < -308)
        {
            return Math.CopySign(0, value);
        }

        if (precision >= 0)
        {
            return double.Parse(Fixed(value, precision), CultureInfo.InvariantCulture);
        }

        string scaled = Scaled(Math.Abs(value), precision).ToString(CultureInfo.InvariantCulture);
        return double.Parse(string.Create(CultureInfo.InvariantCulture, $"{Sign(value)}{scaled}e{-precision}"), CultureInfo.InvariantCulture);
    }

    private static string Sign(double value) => double.IsNegative(value) ? "-" : "";

    private static string Special(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    /// <summary>The value times ten to the power of precision, rounded half to even.</summary>
    private static BigInteger Scaled(double value, int precision)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7ff);
        BigInteger mantissa = (bits & 0xfffffffffffffL) | (exponent == 0 ? 0 : 1L << 52);
        int power = Math.Max(exponent, 1) - 1075;
        BigInteger numerator = mantissa * BigInteger.Pow(10, Math.Max(precision, 0)) << Math.Max(power, 0);
        BigInteger denominator = BigInteger.Pow(10, Math.Max(-precision, 0)) << Math.Max(-power, 0);
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
        {
            return (new string('0', count), 0);
        }

        (_, int exponent) = ShortestDigits(value);
        string digits = Scaled(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
        if (digits.Length > count)
        {
            // Rounding made one digit more, such as 9.99 to 10.0.
            exponent++;
            digits = digits[..count];
        }
        else if (digits.Length < count)
        {
            exponent--;
            digits = Scaled(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
        }

        return (digits, exponent);
    }

    private static (string Digits, int Exponent) ShortestDigits(double value)
    {
        if (value == 0)
        {
            return ("0", 0);
        }

        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        int mark = shortest.IndexOf('E', StringComparison.Ordinal);
        string mantissa = mark < 0 ? shortest : shortest[..mark];
        int power = mark < 0 ? 0 : int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        int whole = point < 0 ? all.Length : point;
        string digits = all.TrimStart('0');
        int exponent = whole - 1 - (all.Length - digits.Length) + power;
        return (digits.TrimEnd('0'), exponent);
    }

    private static string Plain(string digits, int exponent, bool keepFraction)
    {
        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        if (digits.Length <= exponent + 1)
        {
            return digits.PadRight(exponent + 1, '0') + (keepFraction ? ".0" : "");
        }

        return $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static string Scientific(string digits, int exponent, char mark)
    {
        string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}{mark}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }
}
