using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>The signs between values.</summary>
internal static class JinjaOperators
{
    /// <summary>Applies a sign. The left side may be a chain, and so may the result.</summary>
    internal static object? Apply(string sign, object? left, object? right, JinjaMachine machine)
    {
        RequireDefined(left);
        if (sign != "%" || left is not string)
        {
            RequireDefined(right);
        }

        if (sign == "+" && left is string or TextChain && right is string text)
        {
            return TextChain.Join(left!, text, machine.Meter);
        }

        object? first = left is TextChain chain ? chain.Whole(machine.Meter) : left;
        return (sign, first, right) switch
        {
            ("+", JinjaList a, JinjaList b) => a.With(b, machine.Meter),
            ("+", JinjaTuple a, JinjaTuple b) => Joined(a, b, machine.Meter),
            ("*", string or JinjaList or JinjaTuple, _) when JinjaNumber.IsInteger(right, out BigInteger times) => Repeated(first, times, machine),
            ("*", _, string or JinjaList or JinjaTuple) when JinjaNumber.IsInteger(first, out BigInteger times) => Repeated(right, times, machine),
            ("%", string format, _) => PercentFormat.Format(format, right, machine),
            _ when JinjaNumber.IsNumber(first) && JinjaNumber.IsNumber(right) => Calculated(sign, first!, right!, machine.Meter),
            _ => throw Mismatch(sign, first, right),
        };
    }

    internal static object Negated(object? value, bool minus)
    {
        RequireDefined(value);
        if (value is double number)
        {
            return minus ? -number : number;
        }

        return JinjaNumber.IsInteger(value, out BigInteger integer)
            ? minus ? -integer : integer
            : throw TemplateFault.Error($"'{(minus ? '-' : '+')}' needs a number, and gets {JinjaType.Name(value)}");
    }

    internal static bool Compares(string sign, object? left, object? right, JinjaMachine machine) => sign switch
    {
        "==" => machine.Equality.AreEqual(left, right),
        "!=" => !machine.Equality.AreEqual(left, right),
        "in" => machine.Contains(right, left),
        "not in" => !machine.Contains(right, left),
        "<" => machine.Equality.Compare(left, right, sign) < 0,
        "<=" => machine.Equality.Compare(left, right, sign) <= 0,
        ">" => machine.Equality.Compare(left, right, sign) > 0,
        _ => machine.Equality.Compare(left, right, sign) >= 0,
    };

    private static object Calculated(string sign, object a, object b, JinjaMeter meter)
    {
        bool isWhole = JinjaNumber.IsInteger(a, out BigInteger x) & JinjaNumber.IsInteger(b, out BigInteger y);
        if (isWhole)
        {
            meter.Calculate(x, y);
        }

        if (sign is "+" or "-" or "*")
        {
            if (isWhole)
            {
                return JinjaNumber.Checked(sign == "+" ? x + y : sign == "-" ? x - y : x * y, meter);
            }

            (double p, double q) = (JinjaNumber.ToDouble(a), JinjaNumber.ToDouble(b));
            return sign == "+" ? p + q : sign == "-" ? p - q : p * q;
        }

        return sign switch
        {
            "/" => JinjaNumber.Divide(a, b),
            "//" => JinjaNumber.FloorDivide(a, b),
            "%" => JinjaNumber.Remainder(a, b),
            _ => JinjaNumber.Power(a, b, meter),
        };
    }

    private static object Repeated(object? sequence, BigInteger times, JinjaMachine machine)
    {
        BigInteger count = BigInteger.Max(times, 0);
        if (sequence is string text)
        {
            int length = machine.Meter.Length(count * text.Length);
            return text.Length == 0 ? text : string.Create(length, text, static (span, part) =>
            {
                for (int at = 0; at < span.Length; at += part.Length)
                {
                    part.CopyTo(span[at..]);
                }
            });
        }

        object?[] items = sequence is JinjaList list ? [.. list.Items()] : ((JinjaTuple)sequence!).Items;
        BigInteger total = items.Length == 0 ? 0 : count * items.Length;
        machine.Meter.WriteItems((long)BigInteger.Min(total, long.MaxValue / 2));
        var repeated = new List<object?>((int)total);
        for (int i = 0; i < total; i++)
        {
            repeated.Add(items[i % items.Length]);
        }

        return sequence is JinjaList ? new JinjaList(repeated) : new JinjaTuple([.. repeated]);
    }

    private static JinjaTuple Joined(JinjaTuple a, JinjaTuple b, JinjaMeter meter)
    {
        meter.WriteItems((long)a.Items.Length + b.Items.Length);
        return new JinjaTuple([.. a.Items, .. b.Items]);
    }

    private static void RequireDefined(object? value)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Fault();
        }
    }

    private static TemplateFault Mismatch(string sign, object? left, object? right) => TemplateFault.Error(
        sign == "+" && (left is string) != (right is string)
            ? $"'+' does not join {JinjaType.Name(left)} and {JinjaType.Name(right)}: use '~', or turn the value into text with '| string'"
            : $"'{sign}' does not apply to {JinjaType.Name(left)} and {JinjaType.Name(right)}");
}
