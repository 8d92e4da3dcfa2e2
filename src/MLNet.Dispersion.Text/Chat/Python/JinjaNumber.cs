using System.Globalization;
using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>Numbers as Python has them: whole ones without a bound but the limit's (<see cref="BigInteger"/>), doubles, and truth values, which count as 0 and 1.</summary>
internal static class JinjaNumber
{
    private const long ExactInDouble = 1L << 53;

    internal static bool IsNumber(object? value) => value is BigInteger or double or bool;

    /// <summary>Whether it is a whole number, or a truth value, which is one.</summary>
    internal static bool IsInteger(object? value, out BigInteger integer)
    {
        switch (value)
        {
            case BigInteger number:
                integer = number;
                return true;
            case bool truth:
                integer = truth ? BigInteger.One : BigInteger.Zero;
                return true;
            default:
                integer = default;
                return false;
        }
    }

    internal static double ToDouble(object value) => value switch
    {
        double number => number,
        bool truth => truth ? 1 : 0,
        _ => ToDouble((BigInteger)value),
    };

    internal static double ToDouble(BigInteger value)
    {
        if (BigInteger.Abs(value) <= ExactInDouble)
        {
            return (long)value;
        }

        // Parsing rounds to the nearest; the conversion does not promise to.
        double number = double.Parse(value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? number : throw TemplateFault.Error("This whole number is too large to become a float");
    }

    /// <summary>The whole part of a float.</summary>
    internal static BigInteger Truncate(double value) => double.IsFinite(value)
        ? new BigInteger(Math.Truncate(value))
        : throw TemplateFault.Error("An infinite float, or one that is no number, has no whole part");

    /// <summary>Compares two numbers exactly; null where one is no number (NaN).</summary>
    internal static int? Compare(object a, object b)
    {
        if (IsInteger(a, out BigInteger left) && IsInteger(b, out BigInteger right))
        {
            return left.CompareTo(right);
        }

        if (a is double x && b is double y)
        {
            return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
        }

        return a is double first ? -CompareMixed(left: b, first) : CompareMixed(left: a, (double)b);
    }

    private static int? CompareMixed(object left, double right)
    {
        _ = IsInteger(left, out BigInteger integer);
        if (double.IsNaN(right))
        {
            return null;
        }

        if (double.IsInfinity(right))
        {
            return right > 0 ? -1 : 1;
        }

        double floor = Math.Floor(right);
        int order = integer.CompareTo(new BigInteger(floor));
        return order == 0 && floor < right ? -1 : order;
    }

    /// <summary>The number, if it is within the limit.</summary>
    internal static object Checked(BigInteger value, JinjaMeter meter)
    {
        if (value.GetBitLength() > meter.Limits.MaxIntegerBits)
        {
            throw TooLarge(meter);
        }

        return value;
    }

    internal static TemplateFault TooLarge(JinjaMeter meter) => TemplateFault.Limit(nameof(ChatTemplateLimits.MaxIntegerBits), meter.Limits.MaxIntegerBits, "The template makes a whole number that is too large");

    internal static object Power(object a, object b, JinjaMeter meter)
    {
        if (IsInteger(a, out BigInteger value) && IsInteger(b, out BigInteger exponent) && exponent.Sign >= 0)
        {
            if (value.IsZero || value.IsOne || value == BigInteger.MinusOne)
            {
                return exponent.IsZero ? BigInteger.One : exponent.IsEven ? value * value : value;
            }

            if (exponent * (value.GetBitLength() - 1) > meter.Limits.MaxIntegerBits)
            {
                throw TooLarge(meter);
            }

            BigInteger power = BigInteger.Pow(value, (int)exponent);
            meter.Calculate(power, power);
            return Checked(power, meter);
        }

        double x = ToDouble(a), y = ToDouble(b);
        if (x == 0 && y < 0)
        {
            throw TemplateFault.Error("Zero cannot be raised to a negative power");
        }

        if (x < 0 && double.IsFinite(x) && double.IsFinite(y) && Math.Floor(y) != y)
        {
            throw TemplateFault.Error("A negative number to a broken power is complex, which is not supported");
        }

        double result = Math.Pow(x, y);
        return double.IsInfinity(result) && double.IsFinite(x) && double.IsFinite(y) ? throw TemplateFault.Error("The power is too large for a float") : result;
    }

    internal static object Divide(object a, object b)
    {
        if (IsInteger(a, out BigInteger x) && IsInteger(b, out BigInteger y))
        {
            return y.IsZero ? throw ByZero() : Quotient(x, y);
        }

        double divisor = ToDouble(b);
        return divisor == 0 ? throw ByZero() : ToDouble(a) / divisor;
    }

    internal static object FloorDivide(object a, object b)
    {
        if (IsInteger(a, out BigInteger x) && IsInteger(b, out BigInteger y))
        {
            return y.IsZero ? throw ByZero() : (x - FloorRemainder(x, y)) / y;
        }

        (double left, double right) = (ToDouble(a), ToDouble(b));
        return right == 0 ? throw ByZero() : FloorDivide(left, right).Quotient;
    }

    internal static object Remainder(object a, object b)
    {
        if (IsInteger(a, out BigInteger x) && IsInteger(b, out BigInteger y))
        {
            return y.IsZero ? throw ByZero() : FloorRemainder(x, y);
        }

        (double left, double right) = (ToDouble(a), ToDouble(b));
        return right == 0 ? throw ByZero() : FloorDivide(left, right).Remainder;
    }

    /// <summary>A whole number from digits that are known to be right.</summary>
    internal static BigInteger ParseDigits(string digits, int radix)
    {
        if (radix == 10)
        {
            return BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        BigInteger value = BigInteger.Zero;
        foreach (char digit in digits)
        {
            value = (value * radix) + DigitValue(digit);
        }

        return value;
    }

    /// <summary>The whole number that a text says as Python's int reads it, or null.</summary>
    internal static BigInteger? ParseInteger(string text, int radix, JinjaMeter meter)
    {
        string digits = PythonText.Trim(text, null);
        bool negative = digits.StartsWith('-');
        digits = digits.StartsWith('-') || digits.StartsWith('+') ? digits[1..] : digits;
        int stated = digits.Length > 2 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (stated > 0 && (stated == radix || radix == 0))
        {
            (digits, radix) = (digits[2..].TrimStart('_'), stated);
        }
        else if (radix == 0)
        {
            radix = 10;
            if (digits.Length > 1 && digits[0] == '0' && digits.Any(digit => digit is not ('0' or '_')))
            {
                return null;
            }
        }

        if (digits.Length == 0 || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        digits = PythonText.AsciiDigits(digits.Replace("_", "", StringComparison.Ordinal));
        if (digits.Any(digit => DigitValue(digit) < 0 || DigitValue(digit) >= radix))
        {
            return null;
        }

        if (digits.Length > meter.Limits.MaxIntegerBits)
        {
            throw TooLarge(meter);
        }

        meter.Step(digits.Length);
        BigInteger parsed = ParseDigits(digits, radix);
        return (BigInteger)Checked(negative ? -parsed : parsed, meter);
    }

    /// <summary>The float that a text says as Python's float reads it, or null.</summary>
    internal static double? ParseFloat(string text)
    {
        string number = PythonText.Trim(text, null);
        string name = number.TrimStart('+', '-').ToLowerInvariant();
        if (name is "nan" or "inf" or "infinity" && number.Length - name.Length <= 1)
        {
            return name == "nan" ? double.NaN : number[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }

        for (int i = 0; i < number.Length; i++)
        {
            if (number[i] == '_' && !(i > 0 && i + 1 < number.Length && char.IsAsciiDigit(number[i - 1]) && char.IsAsciiDigit(number[i + 1])))
            {
                return null;
            }
        }

        string plain = PythonText.AsciiDigits(number.Replace("_", "", StringComparison.Ordinal));
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return plain.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E') && double.TryParse(plain, Style, CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    private static int DigitValue(char digit) => digit switch
    {
        >= '0' and <= '9' => digit - '0',
        >= 'a' and <= 'z' => digit - 'a' + 10,
        >= 'A' and <= 'Z' => digit - 'A' + 10,
        _ => -1,
    };

    private static BigInteger FloorRemainder(BigInteger a, BigInteger b)
    {
        BigInteger remainder = BigInteger.Remainder(a, b);
        return !remainder.IsZero && remainder.Sign != b.Sign ? remainder + b : remainder;
    }

    private static (double Quotient, double Remainder) FloorDivide(double a, double b)
    {
        double remainder = a % b;
        double quotient = (a - remainder) / b;
        if (remainder != 0)
        {
            if (b < 0 != remainder < 0)
            {
                remainder += b;
                quotient -= 1;
            }
        }
        else
        {
            remainder = Math.CopySign(0, b);
        }

        if (quotient == 0)
        {
            return (Math.CopySign(0, a / b), remainder);
        }

        double floor = Math.Floor(quotient);
        return (quotient - floor > 0.5 ? floor + 1 : floor, remainder);
    }

    /// <summary>The quotient, rounded once.</summary>
    private static double Quotient(BigInteger a, BigInteger b)
    {
        if (BigInteger.Abs(a) <= ExactInDouble && BigInteger.Abs(b) <= ExactInDouble)
        {
            return (double)(long)a / (long)b;
        }

        int shift = (int)(b.GetBitLength() - a.GetBitLength()) + 70;
        BigInteger quotient = BigInteger.DivRem(shift > 0 ? a << shift : a, shift < 0 ? b << -shift : b, out BigInteger rest);
        if (!rest.IsZero)
        {
            quotient += quotient.IsEven ? (a.Sign == b.Sign ? 1 : -1) : 0;
        }

        double result = Math.ScaleB(ToDouble(quotient), -shift);
        return double.IsFinite(result) ? result : throw TemplateFault.Error("The quotient is too large for a float");
    }

    private static TemplateFault ByZero() => TemplateFault.Error("Division by zero");
}
