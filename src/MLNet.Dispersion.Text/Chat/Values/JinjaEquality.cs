using System.Numerics;

namespace MLNet.Dispersion.Text;

/// <summary>When values are equal, and the order of those that have one, as in Python.</summary>
internal sealed class JinjaEquality(JinjaMeter meter) : IEqualityComparer<object>
{
    internal JinjaMeter Meter { get; } = meter;

    /// <summary>Whether two values are equal.</summary>
    internal bool AreEqual(object? a, object? b)
    {
        Meter.Step();
        switch (a)
        {
            case null:
                return b is null;
            case string text:
                if (b is string other && text.Length == other.Length)
                {
                    Meter.Read(text.Length);
                    return text == other;
                }

                return false;
            case bool or BigInteger or double:
                return JinjaNumber.IsNumber(b) && JinjaNumber.Compare(a, b!) == 0;
            case JinjaUndefined:
                return b is JinjaUndefined;
            case JinjaRange range:
                return b is JinjaRange same && range.Count == same.Count && (range.Count == 0 || (range.Start == same.Start && (range.Count == 1 || range.Step == same.Step)));
            case JinjaList or JinjaTuple or JinjaDict or JinjaView:
                return Nested(() => Parts(a, b));
            default:
                return a.Equals(b);
        }
    }

    /// <summary>Whether an item of a container is equal: the same thing is, even where it is no number.</summary>
    internal bool AreSameOrEqual(object? a, object? b) => (a is not null && ReferenceEquals(a, b)) || AreEqual(a, b);

    /// <summary>The order of two values.</summary>
    /// <returns>Below 0, 0 or above 0; null where there is none, as with a float that is no number.</returns>
    internal int? Compare(object? a, object? b, string sign)
    {
        Meter.Step();
        if (a is JinjaUndefined missing)
        {
            throw missing.Fault();
        }

        if (b is JinjaUndefined other)
        {
            throw other.Fault();
        }

        return (a, b) switch
        {
            (string x, string y) => CompareTexts(x, y),
            (JinjaList x, JinjaList y) => Nested(() => CompareItems(x.Count, i => x[i], y.Count, i => y[i], sign)),
            (JinjaTuple x, JinjaTuple y) => Nested(() => CompareItems(x.Items.Length, i => x.Items[i], y.Items.Length, i => y.Items[i], sign)),
            _ when JinjaNumber.IsNumber(a) && JinjaNumber.IsNumber(b) => JinjaNumber.Compare(a!, b!),
            _ => throw TemplateFault.Error($"'{sign}' does not compare {JinjaType.Name(a)} with {JinjaType.Name(b)}"),
        };
    }

    /// <summary>Fails where a value cannot be a key; else true.</summary>
    internal bool RequireKey(object? value)
    {
        _ = Hash(value);
        return true;
    }

    bool IEqualityComparer<object>.Equals(object? a, object? b) => AreSameOrEqual(a, b);

    int IEqualityComparer<object>.GetHashCode(object value) => Hash(value);

    private int Hash(object? value)
    {
        Meter.Step();
        switch (value)
        {
            case null:
                return 0;
            case string text:
                Meter.Read(text.Length);
                return text.GetHashCode(StringComparison.Ordinal);
            case bool truth:
                return (truth ? BigInteger.One : BigInteger.Zero).GetHashCode();
            case double number:
                return Math.Floor(number) == number && double.IsFinite(number) ? new BigInteger(number).GetHashCode() : number.GetHashCode();
            case JinjaTuple tuple:
                return Nested(() => tuple.Items.Aggregate(tuple.Items.Length, (hash, item) => HashCode.Combine(hash, Hash(item))));
            case JinjaList or JinjaDict or JinjaView:
                throw TemplateFault.Error($"A {JinjaType.Name(value)} cannot be a key of a mapping: its values may be equal and change");
            case JinjaRange or JinjaUndefined:
                return 1;
            default:
                return value.GetHashCode();
        }
    }

    private bool Parts(object a, object? b)
    {
        switch (a, b)
        {
            case (JinjaList x, JinjaList y):
                return x.Count == y.Count && Enumerable.Range(0, x.Count).All(i => AreSameOrEqual(x[i], y[i]));
            case (JinjaTuple x, JinjaTuple y):
                return x.Items.Length == y.Items.Length && x.Items.Zip(y.Items).All(pair => AreSameOrEqual(pair.First, pair.Second));
            case (JinjaDict x, JinjaDict y):
                return x.Count == y.Count && x.Entries.All(entry => y.TryGet(entry.Key, out object? value) && AreSameOrEqual(entry.Value, value));
            case (JinjaView x, JinjaView y):
                return x == y || (x.Kind == "keys" && y.Kind == "keys" && x.Dict.Count == y.Dict.Count && x.Dict.Entries.All(entry => y.Dict.Has(entry.Key)));
            default:
                return false;
        }
    }

    private int? CompareItems(int leftCount, Func<int, object?> left, int rightCount, Func<int, object?> right, string sign)
    {
        for (int i = 0; i < Math.Min(leftCount, rightCount); i++)
        {
            if (!AreSameOrEqual(left(i), right(i)))
            {
                return Compare(left(i), right(i), sign);
            }
        }

        return leftCount.CompareTo(rightCount);
    }

    /// <summary>By code points, which UTF-16 units beyond the surrogates do not keep to.</summary>
    private int CompareTexts(string a, string b)
    {
        int same = a.AsSpan().CommonPrefixLength(b);
        Meter.Read(same);
        if (same == a.Length || same == b.Length)
        {
            return a.Length.CompareTo(b.Length);
        }

        char x = a[same], y = b[same];
        return char.IsSurrogate(x) != char.IsSurrogate(y) ? (char.IsSurrogate(x) ? 1 : -1) : x.CompareTo(y);
    }

    private T Nested<T>(Func<T> compare)
    {
        Meter.Enter();
        T result = compare();
        Meter.Leave();
        return result;
    }
}
