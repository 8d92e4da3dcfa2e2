using System.Globalization;
using System.Runtime.CompilerServices;

namespace MLNet.Dispersion.Text;

/// <summary>Runs the steps of a pattern on one text, backwards where a way does not fit. For one thread.</summary>
internal sealed class PatternMatcher
{
    private const long FreeSteps = 100_000_000;
    private const long StepsForUnit = 500;

    /// <summary>So many units taken at once count as a step.</summary>
    private const int UnitsOfStep = 8;

    private readonly PatternStep[] _steps;
    private readonly string _text;
    private readonly int _end;
    private readonly int[] _slots;
    private List<int>? _boundaries;
    private int[] _stack = new int[96];
    private int _top;
    private long _budget;
    private int _searchStart;
    private int _mustEnd = -1;

    internal PatternMatcher(PatternStep[] steps, int slots, string text, int end)
    {
        _steps = steps;
        _text = text;
        _end = end;
        _slots = new int[slots];
        _budget = FreeSteps + (StepsForUnit * text.Length);
    }

    /// <summary>Where the match begins, once there is one.</summary>
    internal int MatchStart => _slots[0];

    /// <summary>Tries to match at a place.</summary>
    /// <returns>Where the match ends, or -1.</returns>
    internal int MatchAt(int at, int searchStart)
    {
        _searchStart = searchStart;
        _budget -= _slots.Length / UnitsOfStep;
        int[] slots = _slots;
        for (int i = 1; i < slots.Length; i++)
        {
            slots[i] = -1;
        }

        slots[0] = at;
        _top = 0;
        return Run(0, at);
    }

    private const int Resume = 0;
    private const int Restore = 1;
    private const int Loop = 2;
    private const int LazyLoop = 3;

    private int Run(int step, int at)
    {
        int bottom = _top;
        ReadOnlySpan<char> text = _text.AsSpan(0, _end);
        while (true)
        {
            if (--_budget < 0)
            {
                throw new TextPatternException("A pattern of the tokenizer took too many steps on a text: on texts like this one it tries very many ways. Cut the text into smaller ones, or take another tokenizer.");
            }

            ref readonly PatternStep current = ref _steps[step];
            bool fits;
            switch (current.Op)
            {
                case PatternOp.Match:
                    _top = bottom;
                    return at;
                case PatternOp.EndOfPart:
                    if (_mustEnd >= 0 && at != _mustEnd)
                    {
                        fits = false;
                        break;
                    }

                    return at;
                case PatternOp.Unit:
                    fits = at < text.Length && text[at] == current.A;
                    at++;
                    break;
                case PatternOp.Set:
                    fits = Take(text, current.Set!, ref at);
                    break;
                case PatternOp.SetPossessive:
                    fits = TakeMany(text, current.Set!, current.A, current.B, ref at, out _);
                    break;
                case PatternOp.SetGreedy:
                    fits = TakeMany(text, current.Set!, current.A, current.B, ref at, out int least);
                    if (fits && at > least)
                    {
                        Push(Loop, step + 1, least, at);
                    }

                    break;
                case PatternOp.SetLazy:
                    fits = TakeMany(text, current.Set!, current.A, current.A, ref at, out _);
                    if (fits && current.B > current.A)
                    {
                        Push(LazyLoop, step, at, current.B - current.A);
                    }

                    break;
                case PatternOp.Split:
                    Push(Resume, current.B, at, 0);
                    step = current.A;
                    continue;
                case PatternOp.Try:
                    if (!StartsWith(text, current.Set!, at))
                    {
                        step = current.A;
                        continue;
                    }

                    Push(Resume, current.A, at, 0);
                    fits = true;
                    break;
                case PatternOp.Jump:
                    step = current.A;
                    continue;
                case PatternOp.Save:
                    Push(Restore, current.A, _slots[current.A], 0);
                    _slots[current.A] = at;
                    fits = true;
                    break;
                case PatternOp.FailIfSame:
                    fits = _slots[current.A] != at;
                    break;
                case PatternOp.Atomic:
                    fits = RunPart(step + 1, at, -1) is var atomicEnd && atomicEnd >= 0;
                    at = atomicEnd;
                    if (fits)
                    {
                        step = current.A;
                        continue;
                    }

                    break;
                case PatternOp.LookAhead:
                    if (RunPart(step + 1, at, -1) >= 0 == (current.B == 0))
                    {
                        step = current.A;
                        continue;
                    }

                    fits = false;
                    break;
                case PatternOp.LookBehind:
                    if (LooksBack(text, step + 1, at, current.Reach) == (current.B == 0))
                    {
                        step = current.A;
                        continue;
                    }

                    fits = false;
                    break;
                case PatternOp.Absent:
                    int limit = Absent(text, step + 1, at);
                    if (limit > at)
                    {
                        Push(Loop, current.A, at, limit);
                    }

                    at = limit;
                    step = current.A;
                    continue;
                case PatternOp.BackReference:
                    fits = TakeAgain(text, current, ref at);
                    break;
                case PatternOp.Grapheme:
                    fits = at < text.Length;
                    if (fits)
                    {
                        int next = NextGraphemeBoundary(text, at);
                        _budget -= next - at;
                        at = next;
                    }

                    break;
                default:
                    fits = IsPlace(text, (PatternPlace)current.A, current.Set, at);
                    break;
            }

            if (fits)
            {
                step++;
                continue;
            }

            if (!Back(text, bottom, ref step, ref at))
            {
                return -1;
            }
        }
    }

    /// <summary>Goes back to the last place where another way is open.</summary>
    private bool Back(ReadOnlySpan<char> text, int bottom, ref int step, ref int at)
    {
        while (_top > bottom)
        {
            int frame = _top - 4;
            int kind = _stack[frame];
            int a = _stack[frame + 1];
            int b = _stack[frame + 2];
            switch (kind)
            {
                case Restore:
                    _slots[a] = b;
                    _top = frame;
                    break;
                case Resume:
                    step = a;
                    at = b;
                    _top = frame;
                    return true;
                case Loop:
                    at = Previous(text, _stack[frame + 3]);
                    step = a;
                    if (at > b)
                    {
                        _stack[frame + 3] = at;
                    }
                    else
                    {
                        _top = frame;
                    }

                    return true;
                default:
                    at = b;
                    if (!Take(text, _steps[a].Set!, ref at))
                    {
                        _top = frame;
                        break;
                    }

                    step = a + 1;
                    _stack[frame + 2] = at;
                    if (--_stack[frame + 3] == 0)
                    {
                        _top = frame;
                    }

                    return true;
            }
        }

        return false;
    }

    /// <summary>Matches a part by itself; what it noted stays noted, other ways to match it are given up.</summary>
    private int RunPart(int step, int at, int mustEnd)
    {
        int before = _mustEnd;
        int bottom = _top;
        _mustEnd = mustEnd;
        int end = Run(step, at);
        _mustEnd = before;
        if (end < 0)
        {
            return -1;
        }

        // Only what restores notes stays, for the case that the whole goes back to before the part.
        int kept = bottom;
        for (int frame = bottom; frame < _top; frame += 4)
        {
            if (_stack[frame] == Restore)
            {
                _stack.AsSpan(frame, 4).CopyTo(_stack.AsSpan(kept, 4));
                kept += 4;
            }
        }

        _top = kept;
        return end;
    }

    private bool LooksBack(ReadOnlySpan<char> text, int step, int at, (int Least, int Most) reach)
    {
        int start = at;
        for (int count = 0; ; count++)
        {
            if (count >= reach.Least && RunPart(step, start, at) >= 0)
            {
                return true;
            }

            if (start == 0 || count == reach.Most)
            {
                return false;
            }

            start = Previous(text, start);
        }
    }

    private int Absent(ReadOnlySpan<char> text, int step, int at)
    {
        for (int start = at; start < text.Length; start = Following(text, start))
        {
            if (RunPart(step, start, -1) >= 0)
            {
                return start;
            }
        }

        return text.Length;
    }

    private bool TakeAgain(ReadOnlySpan<char> text, in PatternStep step, ref int at)
    {
        for (int i = step.Groups!.Length - 1; i >= 0; i--)
        {
            int start = _slots[2 * step.Groups[i]];
            int end = _slots[(2 * step.Groups[i]) + 1];
            if (start < 0 || end < start)
            {
                continue;
            }

            int length = end - start;
            _budget -= length / UnitsOfStep;
            if (length > text.Length - at)
            {
                return false;
            }

            ReadOnlySpan<char> group = text[start..end];
            ReadOnlySpan<char> here = text.Slice(at, length);
            if (!(step.B == 0 ? group.SequenceEqual(here) : group.Equals(here, StringComparison.OrdinalIgnoreCase)))
            {
                return false;
            }

            at += length;
            return true;
        }

        return false;
    }

    private bool IsPlace(ReadOnlySpan<char> text, PatternPlace place, CodePointSet? word, int at) => place switch
    {
        PatternPlace.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
        PatternPlace.LineEnd => at == text.Length || text[at] == '\n',
        PatternPlace.TextStart => at == 0,
        PatternPlace.TextEnd => at == text.Length,
        PatternPlace.LastLineEnd => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
        PatternPlace.SearchStart => at == _searchStart,
        PatternPlace.WordBoundary => IsWordBoundary(text, word!, at),
        PatternPlace.NoWordBoundary => !IsWordBoundary(text, word!, at),
        PatternPlace.GraphemeBoundary => IsGraphemeBoundary(text, at),
        _ => !IsGraphemeBoundary(text, at),
    };

    private static bool IsWordBoundary(ReadOnlySpan<char> text, CodePointSet word, int at) =>
        (at > 0 && word.Contains(CodePointAt(text, Previous(text, at)))) != StartsWith(text, word, at);

    private bool IsGraphemeBoundary(ReadOnlySpan<char> text, int at) => GraphemeBoundaries(text, at).BinarySearch(at) >= 0;

    /// <summary>Where the grapheme ends in which a place lies: the whole text is cut, wherever a match begins.</summary>
    private int NextGraphemeBoundary(ReadOnlySpan<char> text, int at)
    {
        List<int> boundaries = GraphemeBoundaries(text, at + 1);
        int found = boundaries.BinarySearch(at + 1);
        return boundaries[found >= 0 ? found : ~found];
    }

    /// <summary>The boundaries up to a place or the first behind it. The text is cut once, as far as it is asked for.</summary>
    private List<int> GraphemeBoundaries(ReadOnlySpan<char> text, int at)
    {
        List<int> boundaries = _boundaries ??= [0];
        while (boundaries[^1] < at)
        {
            boundaries.Add(boundaries[^1] + StringInfo.GetNextTextElementLength(text[boundaries[^1]..]));
        }

        return boundaries;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Take(ReadOnlySpan<char> text, CodePointSet set, ref int at)
    {
        if ((uint)at >= (uint)text.Length)
        {
            return false;
        }

        char c = text[at];
        if (!char.IsHighSurrogate(c) || at + 1 == text.Length)
        {
            at++;
            return set.ContainsBasic(c);
        }

        int codePoint = char.ConvertToUtf32(c, text[at + 1]);
        at += 2;
        return set.Contains(codePoint);
    }

    private bool TakeMany(ReadOnlySpan<char> text, CodePointSet set, int from, int to, ref int at, out int least)
    {
        int count = 0;
        int start = at;
        least = at;
        while (count < to)
        {
            int next = at;
            if (!Take(text, set, ref next))
            {
                break;
            }

            at = next;
            if (++count == from)
            {
                least = at;
            }
        }

        _budget -= (at - start) / UnitsOfStep;
        return count >= from;
    }

    private static bool StartsWith(ReadOnlySpan<char> text, CodePointSet set, int at) => Take(text, set, ref at);

    private static int CodePointAt(ReadOnlySpan<char> text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    private static int Previous(ReadOnlySpan<char> text, int at) => at >= 2 && char.IsLowSurrogate(text[at - 1]) ? at - 2 : at - 1;

    private static int Following(ReadOnlySpan<char> text, int at) => char.IsHighSurrogate(text[at]) ? at + 2 : at + 1;

    private void Push(int kind, int a, int b, int c)
    {
        if (_top + 4 > _stack.Length)
        {
            Array.Resize(ref _stack, _stack.Length * 2);
        }

        _stack[_top] = kind;
        _stack[_top + 1] = a;
        _stack[_top + 2] = b;
        _stack[_top + 3] = c;
        _top += 4;
    }
}
