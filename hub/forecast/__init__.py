"""What an order's area will show before it is ordered: how often each place was seen."""
